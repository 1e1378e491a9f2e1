"""Writes of the analytics app that people ask for; repeating one changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from analytics.models import FocusSession, UserClock
from analytics.rollups.marks import mark
from analytics.selectors import version_of
from analytics.tasks import refresh_people
from habits.domain.calendar import logical_date
from habits.domain.limits import FIRST_DAY
from habits.models import Habit, User
from habits.services import OutOfDate, require_seen
from habits.services.seen import Seen

EARLY = timedelta(minutes=5)
"""How far a phone's clock may be ahead."""

FIRST_MOMENT = datetime.combine(FIRST_DAY, time.min, UTC)
"""The earliest start of a session."""


@transaction.atomic
def record_focus(
    *,
    user: User,
    client_id: str,
    started_at: datetime,
    seconds: int,
    habit: Habit | None = None,
    label: str = "",
    seen: Seen = None,
    only_new: bool = False,
) -> tuple[FocusSession, bool]:
    """Make this the focus session of its identifier, in place of what it was; tell True if there was none.

    Raises `OutOfDate`, and `ValidationError` for a session that has not ended or that lasts more than a day.
    """
    _check_times(started_at, seconds)
    values = {"started_at": started_at, "seconds": seconds, "habit": habit, "label": label}
    FocusSession(user=user, client_id=client_id, **values).clean_fields(exclude={"user"})
    before = _current(user, client_id, seen, only_new=only_new)
    if before and all(getattr(before, name) == value for name, value in values.items()):
        return before, False
    session, created = FocusSession.objects.update_or_create(user=user, client_id=client_id, defaults=values)
    if only_new and not created:  # it has come in since it was looked for
        raise OutOfDate
    _follow(user, min(started_at, before.started_at if before else started_at), latest=started_at)
    return session, created


@transaction.atomic
def forget_focus(*, user: User, client_id: str, seen: Seen = None) -> bool:
    """Forget a focus session; False if there was none. Raises `OutOfDate`."""
    session = _current(user, client_id, seen)
    if session is None:
        return False
    session.delete()
    _follow(user, session.started_at)
    return True


def _check_times(started_at: datetime, seconds: int) -> None:
    if started_at < FIRST_MOMENT:
        early = ValidationError(f"Sessions are recorded from {FIRST_DAY:%Y-%m-%d} on.", code="too_early")
        raise ValidationError({"started_at": early})
    if started_at > timezone.now() + EARLY - timedelta(seconds=seconds):
        raise ValidationError({"seconds": ValidationError("A session is recorded when it has ended.", code="future")})


def _current(user: User, client_id: str, seen: Seen, *, only_new: bool = False) -> FocusSession | None:
    """Give the session as it is now, None where there is none. Raises `OutOfDate`."""
    session = FocusSession.objects.select_for_update().filter(user=user, client_id=client_id).first()
    require_seen(version_of(session) if session else None, seen, only_new=only_new)
    return session


def _follow(user: User, since: datetime, latest: datetime | None = None) -> None:
    """Have the day in which a session began counted anew, if it is closed or is closed meanwhile.

    A close looks for sessions only where the clock knows of one; the job that follows holds the clock.
    """
    if latest is not None:
        newer = Q(focused_at__lt=latest) | Q(focused_at__isnull=True)
        UserClock.objects.filter(newer, user=user).update(focused_at=latest)
    mark(user.pk, {None: logical_date(user.timezone, user.day_start, since) - timedelta(days=1)})
    refresh_people([user.pk])
