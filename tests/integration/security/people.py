"""Those who knock: nobody, a person with something of everything, somebody else, and whose account is locked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.usersessions.models import UserSession
from django.db import connection
from django.test import Client
from django.utils import timezone

from analytics.models import FocusSession, UserMonth, UserWeek
from focusjobs.jobs.models import Job
from habits.exports.ownership import tables
from habits.models import ApiToken, Backup, Export, Habit, SyncPush, User
from notifications.models import Delivery, Device, InboxItem, Reminder
from tests.factories import UserFactory, unsynced
from tests.integration.habits.everything import person_with_everything

from .rest_rows import PASSWORD, Who

MARK = "Ownermark"
"""In each text that the owner has; nobody else may see it."""

NAMED = "morning"
"""The name that the owner's phone gave things; somebody else's phone may choose it too."""


DIGEST = "SELECT '{label}', md5(string_agg(row::text, '|' ORDER BY row::text)) FROM ({rows}) AS row"


@dataclass(frozen=True)
class Cast:
    people: dict[Who, User]
    session: int
    """The number of the owner's log-in in their list of log-ins."""
    keys: dict[str, dict[str, Any]]
    """What the varying parts of the owner's addresses are, by the beginning of the pattern."""

    def keys_of(self, pattern: str) -> dict[str, Any]:
        found = [begins for begins in self.keys if pattern.startswith(begins)]
        return self.keys[max(found, key=len)] if found else {}


def cast() -> Cast:
    """Make the people, and what the owner has."""
    owner = person_with_everything(MARK)
    people: dict[Who, User] = {"owner": owner, "stranger": UserFactory(), "locked": UserFactory(is_active=False)}
    for user in people.values():
        user.set_password(PASSWORD)
        user.save()
    _make_usable(owner)
    watch(owner)
    return Cast(people, UserSession.objects.get(user=owner).pk, _keys(owner))


def _make_usable(owner: User) -> None:
    """Put what is random text in rows right where the interface reads it."""
    Authenticator.objects.filter(user=owner).delete()
    TOTP.activate(owner, generate_totp_secret())
    RecoveryCodes.activate(owner)
    now = timezone.now()
    Export.objects.filter(user=owner).update(
        content=MARK.encode(), size=9, made_at=now, expires_at=now + timedelta(days=1)
    )
    job = Job.objects.create(
        task="habits.import_backup", queue="imports", state="completed", user_id=owner.pk, finished_at=now
    )
    Backup.objects.filter(user=owner).update(job_id=job.pk)
    with unsynced():
        Habit.objects.filter(user=owner).update(client_id=NAMED, stamps={}, color="")
    FocusSession.objects.filter(user=owner).update(client_id=NAMED)
    SyncPush.objects.filter(user=owner).update(writes=[], problems=[])
    for period in (UserWeek, UserMonth):
        period.objects.filter(user=owner).update(categories={MARK: [1, 1, 0]})


def _keys(owner: User) -> dict[str, dict[str, Any]]:
    habit = Habit.objects.get(user=owner)
    day = habit.completions.get().day
    number = {
        "me/tokens/": ApiToken.objects.get(user=owner).pk,
        "imports/": Backup.objects.get(user=owner).pk,
        "jobs/": Job.objects.get(user=owner).pk,
        "devices/": Device.objects.get(user=owner).pk,
        "reminders/": Reminder.objects.filter(user=owner).latest("id").pk,
        "inbox/": InboxItem.objects.get(user=owner).pk,
    }
    named: dict[str, dict[str, Any]] = {
        "habits/": {"client_id": habit.client_id, "day": day},
        "focus-sessions/": {"client_id": FocusSession.objects.get(user=owner).client_id},
        "sync/pushes/": {"key": SyncPush.objects.get(user=owner).key},
        "notifications/": {"delivery_id": Delivery.objects.get(notification__user=owner).pk},
        "preferences/": {"kind": "all", "channel": "all"},
        **{begins: {"number": key} for begins, key in number.items()},
    }
    return {f"api/v1/{begins}": keys for begins, keys in named.items()}


def logged_in(user: User | None) -> dict[str, str]:
    """The header with the session token of a person's log-in; nobody has none."""
    if user is None:
        return {}
    browser = Client()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return {"X-Session-Token": str(browser.session.session_key)}


def phone(user: User | None) -> Client:
    """A client on which a person is logged in, or nobody."""
    return Client(headers=logged_in(user), raise_request_exception=False)


def watch(user: User) -> None:
    """Have PostgreSQL plan once how to tell what there is of a person: it is asked for hundreds of times."""
    counted, params = [], []
    for table in tables():
        rows, values = table.rows(user.pk).order_by().query.sql_with_params()
        counted.append(DIGEST.format(label=table.label, rows=rows))
        params += values
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
        cursor.execute("PREPARE fingerprint AS " + " UNION ALL ".join(counted), params)


def fingerprint() -> dict[str, str]:
    """What there is of the person who is watched, table by table, as digests."""
    with connection.cursor() as cursor:
        cursor.execute("EXECUTE fingerprint")
        return dict(cursor.fetchall())
