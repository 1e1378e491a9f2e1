"""Error groups in the console: what fails, for how many, since when; retrying a group, saying what is known of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from .. import error_groups
from ..domain.text import whole_number
from ..domain.words import several
from ..errors import OperationRefused
from ..models import ErrorGroup, Job, Operation, Release
from ..operations import Actor
from .charts import Bar, bars
from .pages import SELDOM, ConsoleAdmin, may, page, page_after, posted
from .patience import patient
from .timeline import trace

HOURS = 48
"""Hours that the chart of a group shows."""

CANARY = 5
"""Jobs of a group that are offered to go first."""

IGNORE = (("1", "for an hour"), ("24", "for a day"), ("168", "for a week"), ("", "for good"))
"""How long a group may be left alone, in hours."""

State = ErrorGroup.State


@admin.register(ErrorGroup)
class ErrorGroupAdmin(ConsoleAdmin):
    """The ways in which tasks fail."""

    menu_place = 20

    def acts(self) -> dict[str, Callable[..., HttpResponseBase]]:
        """Give what can be said of a group."""
        return {
            "fix": self.fix,
            "ignore": self.ignore,
            "reopen": self.reopen,
            "assign": self.assign,
            "note": self.note,
        }

    @patient
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show a page of groups, those met last first."""
        self.check_look(request)
        state, task = request.GET.get("state", State.OPEN), request.GET.get("task", "").strip()
        rows: QuerySet[ErrorGroup] = ErrorGroup.objects.select_related("assignee")
        rows = rows.filter(state=state) if state in State.values else rows
        rows = rows.filter(task__startswith=task.rstrip("*")) if task else rows
        found, after = page_after(request, rows, ["last_seen", "id"])
        lines = error_groups.sparkline(found)
        context = {
            "groups": [(group, lines[group.pk]) for group in found],
            "states": [*((value, label) for value, label in State.choices), ("all", "all")],
            "state": state,
            "task": task,
            "after": after,
        }
        return page(request, "admin/jobs/errorgroup/list.html", context, title="Error groups", every=SELDOM)

    @patient
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show a group."""
        group = self._group(request, object_id)
        crumbs = (("Error groups", reverse("admin:jobs_errorgroup_changelist")),)
        context = _context(request, group)
        part = "admin/jobs/errorgroup/page.html"
        return page(request, part, context, title=group.exception, crumbs=crumbs, every=SELDOM)

    @posted("view_errorgroup", "triage_errorgroup")
    def fix(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Say in which release the mistake is mended; the group opens again if it is met there."""
        release = request.POST.get("release", "").strip()[:100]
        said = f"Fixed in {release}; it opens again if it is met there." if release else "Fixed."
        return self._do(request, object_id, lambda actor, group: error_groups.fix(actor, group, release), said)

    @posted("view_errorgroup", "triage_errorgroup")
    def ignore(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Leave a group alone for a while."""
        hours = request.POST.get("hours", "")
        until = timezone.now() + timedelta(hours=int(hours)) if hours in dict(IGNORE) and hours else None
        return self._do(request, object_id, lambda actor, group: error_groups.ignore(actor, group, until), "Ignored.")

    @posted("view_errorgroup", "triage_errorgroup")
    def reopen(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Take a group back that was fixed or ignored."""
        return self._do(request, object_id, error_groups.reopen, "Open again.")

    @posted("view_errorgroup", "triage_errorgroup")
    def assign(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Say who sees to it: a member of the staff, or nobody."""
        key = request.POST.get("user", "")
        user = get_user_model().objects.filter(pk=whole_number(key) or 0, is_staff=True).first()
        if key and user is None:
            self.message_user(request, "Members of the staff see to errors, nobody else.", messages.ERROR)
            return redirect("admin:jobs_errorgroup_change", object_id)
        said = f"{user} sees to it." if user else "Nobody sees to it."
        return self._do(request, object_id, lambda actor, group: error_groups.assign(actor, group, user), said)

    @posted("view_errorgroup", "triage_errorgroup")
    def note(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Keep what is known of it."""
        words = request.POST.get("note", "").strip()[:10_000]
        return self._do(request, object_id, lambda actor, group: error_groups.annotate(actor, group, words), "Noted.")

    def _do(
        self, request: HttpRequest, object_id: str, act: Callable[[Actor, ErrorGroup], object], said: str
    ) -> HttpResponseBase:
        group = self._group(request, object_id)
        try:
            act(Actor.of_request(request), group)
        except OperationRefused as refused:
            self.message_user(request, str(refused), messages.ERROR)
        else:
            self.message_user(request, said, messages.SUCCESS)
        return redirect("admin:jobs_errorgroup_change", group.pk)

    def _group(self, request: HttpRequest, object_id: str) -> ErrorGroup:
        self.check_look(request)
        group = ErrorGroup.objects.select_related("assignee").filter(pk=whole_number(object_id) or 0).first()
        if group is None:
            raise Http404(f"There is no error group {object_id}.")
        return group


def _context(request: HttpRequest, group: ErrorGroup) -> dict[str, Any]:
    query = f"group:{group.fingerprint}"
    latest = Job.objects.filter(error_group_id=group.pk).select_related("user").defer("arguments", "options")
    return {
        "group": group,
        "query": query,
        "headline": _headline(group),
        "chart": _chart(group),
        "samples": [(attempt, trace(attempt.traceback)) for attempt in error_groups.samples(group)],
        "latest": latest.order_by("-id")[:8],
        "operations": Operation.objects.filter(filter__startswith=query).exclude(state="previewed")[:5],
        "releases": Release.objects.order_by("-first_seen").values_list("name", flat=True)[:10],
        "staff": _staff(),
        "ignore": IGNORE,
        "canary": CANARY,
        "may_triage": may(request, "triage_errorgroup"),
        "may_retry": may(request, "retry_job", "view_job"),
        "may_view_operations": may(request, "view_operation"),
        "users_cap": error_groups.USERS_CAP,
    }


def _headline(group: ErrorGroup) -> str:
    people = f" of {several(group.users, 'person')}" if group.users else ""
    return f"{group.task}: {several(group.jobs, 'job')}{people} met it."


def _chart(group: ErrorGroup) -> Any:
    hours = error_groups.sparkline([group], hours=HOURS)[group.pk]
    row = [
        Bar(f"{timezone.localtime(hour.at):%-d %b, %H:%M}: {hour.attempts:,} attempts", (("bad", hour.attempts),))
        for hour in hours
    ]
    numbers = [hour.attempts for hour in hours]
    return bars(f"{sum(numbers):,} attempts in the last {HOURS} hours", row, top=max([*numbers, 4]))


def _staff() -> QuerySet[Any]:
    model = get_user_model()
    return model.objects.filter(is_staff=True, is_active=True).order_by(model.USERNAME_FIELD)[:200]
