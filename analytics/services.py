"""Writes of the analytics app that people ask for; repeating one changes nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from analytics.models import FocusSession, UserClock
from analytics.rollups.marks import mark
from analytics.tasks import refresh_people
from habits.domain.calendar import logical_date
from habits.models import Habit, User

EARLY = timedelta(minutes=5)
"""How far a phone's clock may be ahead."""


@transaction.atomic
def record_focus(
    *, user: User, client_id: str, started_at: datetime, seconds: int, habit: Habit | None = None, label: str = ""
) -> tuple[FocusSession, bool]:
    """Make this the focus session of its identifier, in place of what it was; tell True if there was none.

    Raises `ValidationError` for a session that has not ended or that lasts more than a day.
    """
    if started_at + timedelta(seconds=seconds) > timezone.now() + EARLY:
        raise ValidationError({"seconds": ValidationError("A session is recorded when it has ended.", code="future")})
    values = {"started_at": started_at, "seconds": seconds, "habit": habit, "label": label}
    FocusSession(user=user, client_id=client_id, **values).clean_fields(exclude={"user"})
    before = FocusSession.objects.select_for_update().filter(user=user, client_id=client_id).first()
    if before and all(getattr(before, name) == value for name, value in values.items()):
        return before, False
    session, created = FocusSession.objects.update_or_create(user=user, client_id=client_id, defaults=values)
    _follow(user, min(started_at, before.started_at if before else started_at), latest=started_at)
    return session, created


@transaction.atomic
def forget_focus(*, user: User, client_id: str) -> bool:
    """Forget a focus session; False if there was none."""
    session = FocusSession.objects.select_for_update().filter(user=user, client_id=client_id).first()
    if session is None:
        return False
    session.delete()
    _follow(user, session.started_at)
    return True


def _follow(user: User, since: datetime, latest: datetime | None = None) -> None:
    """Have the day in which a session began counted anew, if it is closed or is closed meanwhile.

    A close looks for sessions only where the clock knows of one; the job that follows holds the clock.
    """
    if latest is not None:
        newer = Q(focused_at__lt=latest) | Q(focused_at__isnull=True)
        UserClock.objects.filter(newer, user=user).update(focused_at=latest)
    mark(user.pk, {None: logical_date(user.timezone, user.day_start, since) - timedelta(days=1)})
    refresh_people([user.pk])
