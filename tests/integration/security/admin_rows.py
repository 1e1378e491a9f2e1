"""Who may do what in the admin: a row for each model, and one for each view and method beside the models' own.

Without a login everything leads to the login, also for people who are not of the staff. Who is, and has not the rights
of the row, is refused with 403.
"""

from __future__ import annotations

from dataclasses import dataclass

NOBODY = "nobody"
"""In place of a right: not even superusers."""


@dataclass(frozen=True)
class Model:
    """The rights that looking, adding, changing and deleting take, and those of the acts on picked rows."""

    label: str
    add: str = NOBODY
    change: str = NOBODY
    delete: str = NOBODY
    acts: tuple[tuple[str, str], ...] = ()
    add_beside: tuple[str, ...] = ()
    """Further rights that adding takes."""

    @property
    def look(self) -> str:
        app, name = self.label.split(".")
        return f"{app}.view_{name}"


@dataclass(frozen=True)
class View:
    """A view beside the models' own."""

    method: str
    pattern: str
    rights: tuple[str, ...]
    """All that it takes; nothing: any member of the staff."""
    query: str = ""
    body: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        return f"{self.method} {self.pattern}"


def model(label: str, *may: str, acts: tuple[tuple[str, str], ...] = ()) -> Model:
    app, name = label.split(".")
    return Model(label, **{what: f"{app}.{what}_{name}" for what in may}, acts=acts)


def looked_at(label: str, **acts: str) -> Model:
    """Rows that nobody adds, changes or deletes."""
    return Model(label, acts=tuple(acts.items()))


PROVIDER = "notifications.operate_providerstate"
SEND_TEST = "notifications.send_test"

MODELS = [
    looked_at("jobs.errorgroup"),
    looked_at("jobs.job"),
    looked_at("jobs.operation"),
    looked_at("jobs.queue"),
    looked_at("jobs.worker"),
    model("jobs.schedule", "add", "change", "delete", acts=(("delete_selected", "jobs.delete_schedule"),)),
    looked_at("django_celery_results.taskresult"),
    model("habits.backup", "add"),
    model("habits.completion", "add", "change", "delete", acts=(("delete_selected", "habits.delete_completion"),)),
    model("habits.habit", "add", "change"),
    Model(
        "habits.user",
        add="habits.add_user",
        add_beside=("habits.change_user",),
        change="habits.change_user",
        delete="habits.delete_user",
        acts=(("delete_selected", "habits.delete_user"),),
    ),
    looked_at("habits.syncpush", try_again="habits.change_syncpush"),
    looked_at("habits.syncdevice"),
    looked_at("habits.losttext"),
    model("auth.group", "add", "change", "delete", acts=(("delete_selected", "auth.delete_group"),)),
    looked_at("notifications.device", send_test=SEND_TEST, retire="notifications.change_device"),
    looked_at("notifications.notification"),
    looked_at("notifications.reminder"),
    looked_at("notifications.preference"),
    looked_at("notifications.inboxitem"),
    Model(
        "notifications.providerstate",
        change=PROVIDER,
        acts=(("pause_an_hour", PROVIDER), ("resume", PROVIDER), ("close_breaker", PROVIDER)),
    ),
    looked_at("analytics.inspection"),
    looked_at("analytics.drift"),
    looked_at("analytics.userclock"),
    looked_at("analytics.habitstate"),
    looked_at("account.emailaddress"),
    model("mfa.authenticator", "delete", acts=(("delete_selected", "mfa.delete_authenticator"),)),
    model("usersessions.usersession", "delete", acts=(("delete_selected", "usersessions.delete_usersession"),)),
]

JOB = "admin/jobs/job/<path:object_id>/"
GROUP = "admin/jobs/errorgroup/<path:object_id>/"
OPERATION = "admin/jobs/operation/<path:object_id>/"
QUEUE = "admin/jobs/queue/<path:object_id>/"
SCHEDULE = "admin/jobs/schedule/<int:number>/"
LOOK, RETRY, CANCEL = "jobs.view_job", "jobs.retry_job", "jobs.cancel_job"
TRIAGE = ("jobs.view_errorgroup", "jobs.triage_errorgroup")
PAUSE = ("jobs.view_queue", "jobs.pause_queue")
BECAUSE = (("reason", "a test"),)
SOON = (("run_at", "2030-01-01T00:00"),)

VIEWS = [
    View("GET", "admin/", ()),
    View("GET", "admin/password_change/", ()),
    View("POST", "admin/password_change/", ()),
    View("GET", "admin/password_change/done/", ()),
    View("GET", "admin/jsi18n/", ()),
    View("GET", "admin/autocomplete/", ("habits.view_user",), "?app_label=habits&model_name=habit&field_name=user"),
    View("POST", "admin/jobs/times/", ()),
    View("GET", "admin/jobs/overview/", (LOOK,)),
    View("GET", "admin/jobs/person/<int:number>/", (LOOK,)),
    View("GET", "admin/jobs/job/export/", (LOOK,)),
    View("POST", "admin/jobs/job/preview/", (LOOK, RETRY), body=(("action", "retry"), ("ids", "1"))),
    View("POST", "admin/jobs/job/filters/", (LOOK,)),
    View("POST", f"{JOB}retry/", (LOOK, RETRY)),
    View("POST", f"{JOB}cancel/", (LOOK, CANCEL), body=BECAUSE),
    View("POST", f"{JOB}promote/", (LOOK, RETRY)),
    View("POST", f"{JOB}reschedule/", (LOOK, CANCEL), body=SOON),
    View("POST", f"{JOB}edit/", (LOOK, "jobs.edit_retry_job", "jobs.view_job_args")),
    View("POST", f"{JOB}reveal/", (LOOK, "jobs.view_job_args"), body=BECAUSE),
    *(View("POST", f"{GROUP}{act}/", TRIAGE) for act in ("fix", "ignore", "reopen", "assign", "note")),
    View("POST", f"{OPERATION}start/", (NOBODY,)),  # but whoever made the preview: test_admin_operations.py
    *(View("POST", f"{OPERATION}{act}/", (LOOK, RETRY, "jobs.view_operation")) for act in ("stop", "undo", "rest")),
    *(View("POST", f"{QUEUE}{act}/", PAUSE) for act in ("pause", "resume", "limits")),
    View("POST", f"{SCHEDULE}run/", ("jobs.view_schedule", "jobs.run_schedule")),
    View("POST", f"{SCHEDULE}switch/", ("jobs.change_schedule",)),
    View("GET", "admin/habits/user/<id>/password/", ("habits.change_user",)),
    View("POST", "admin/habits/user/<id>/password/", ("habits.change_user",)),
    View("GET", "admin/notifications/notification/copy/", ("notifications.view_notification",)),
    View("GET", "admin/analytics/userclock/progress/", ("analytics.view_userclock",)),
]

OPEN = {
    "admin/login/": "who is not logged in logs in here",
    "admin/logout/": "who is not logged in is led to the login",
}
"""Views that decide themselves, and are tested in test_admin_login.py."""

LEADING_ELSEWHERE = {
    "admin/r/<path:content_type_id>/<path:object_id>/": "no model has pages of its own: 404",
    "admin/(?P<url>.*)$": "what is at no other address: 404",
}
"""Views that give members of the staff nothing but another address or 404."""
