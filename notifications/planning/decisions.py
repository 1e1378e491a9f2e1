"""Whether a planned notification is told, when its moment has come, and by which ways. Knows no tables but their words.

A notification that is pointless (done, archived, not due) leaves no trace for the person. One that would disturb (cap,
mute, quiet hours), or that has no device to go to, is still found in the inbox.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from habits.domain.calendar import ONE_DAY, day_start_instant
from habits.models import User
from notifications.domain.choice import Choice, Rules, choice_for
from notifications.domain.due import spread
from notifications.domain.kinds import MANNERS, Channel, Kind
from notifications.models import Device, Notification
from notifications.selectors.standings import Standing

Reason, State = Notification.Reason, Notification.State


@dataclass(slots=True, kw_only=True)
class Planned:
    """A planned notification, and what is known of what it is about."""

    id: int
    user_id: int
    kind: Kind
    occurrence_key: str
    reminder_id: int | None
    day: date
    fire_at: datetime
    due_at: datetime
    not_after: datetime
    habits: list[int]
    facts: dict[str, Any]
    pointless: str = ""
    """Why there is nothing to tell, as a `Notification.Reason`."""
    standings: Sequence[Standing] = ()
    """The habits that it speaks of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What decides beside the notification itself."""

    now: datetime
    user: User
    rules: Rules
    devices: Sequence[Device]
    pushes: int
    """Notifications that went to the person's devices on this day."""
    has_email: bool
    """E-mail can be sent at all."""


@dataclass(slots=True, kw_only=True)
class Decision:
    """What becomes of a notification."""

    state: str
    reason: str = ""
    due_at: datetime
    not_after: datetime
    devices: Sequence[Device] = ()
    by_email: bool = False
    in_inbox: bool = False
    merged_into_id: int | None = None

    @property
    def pushed(self) -> bool:
        """Whether it goes to devices."""
        return bool(self.devices)


def decide(planned: Planned, given: Circumstances) -> Decision:
    """Decide about one notification."""
    if reason := _pointless(planned, given):
        return _no(planned, reason)
    push, email, inbox = (choice_for(given.rules, planned.kind, channel) for channel in Channel)
    if not (push.enabled or email.enabled or inbox.enabled):
        return _no(planned, Reason.UNWANTED)
    disturbs = _disturbs(planned, given, push) if push.enabled else ""
    if push.enabled and not disturbs and (end := _quiet_until(planned, given, push)) is not None:
        return _put_off(planned, given, end, in_inbox=bool(inbox.enabled))
    devices = given.devices if push.enabled and not disturbs else ()
    by_email = bool(email.enabled and given.has_email and not email.is_muted(given.now))
    is_told = bool(devices or by_email or (inbox.enabled and not push.enabled))
    return Decision(
        state=State.DISPATCHED if is_told else State.SUPPRESSED,
        reason=disturbs,
        due_at=planned.due_at,
        not_after=planned.not_after,
        devices=devices,
        by_email=by_email,
        in_inbox=bool(inbox.enabled),
    )


def _pointless(planned: Planned, given: Circumstances) -> str:
    if not given.user.is_active:
        return Reason.INACTIVE
    return planned.pointless or (Reason.EXPIRED if given.now >= planned.not_after else "")


def _disturbs(planned: Planned, given: Circumstances, choice: Choice) -> str:
    """Say why nothing may go to devices; a test is what the person has just asked for."""
    if planned.kind is not Kind.TEST:
        if choice.is_muted(given.now):
            return Reason.MUTED
        if choice.max_per_day is not None and given.pushes >= choice.max_per_day:
            return Reason.CAP
    return "" if given.devices else Reason.NO_DEVICE


def _quiet_until(planned: Planned, given: Circumstances, choice: Choice) -> datetime | None:
    """Give when the quiet hours end that it is now, if any."""
    if choice.quiet is None or planned.kind is Kind.TEST:
        return None
    end = choice.quiet.end_after(given.user.timezone, given.now)
    return end if end > given.now else None


def _put_off(planned: Planned, given: Circumstances, end: datetime, *, in_inbox: bool) -> Decision:
    """Wait for the end of the quiet hours; where that is another day, only the inbox tells."""
    due_at = end + spread(given.user.pk, timedelta(seconds=60))
    last = _day_end(planned, given.user) if MANNERS[planned.kind].about_habits else end + ONE_DAY
    if due_at >= last:
        decision = _no(planned, Reason.QUIET)
        decision.in_inbox = in_inbox
        return decision
    not_after = min(max(planned.not_after, due_at + MANNERS[planned.kind].grace), last)
    return Decision(state=State.PLANNED, due_at=due_at, not_after=not_after)


def _day_end(planned: Planned, user: User) -> datetime:
    return day_start_instant(user.timezone, user.day_start, planned.day + ONE_DAY)


def _no(planned: Planned, reason: str) -> Decision:
    return Decision(state=State.SUPPRESSED, reason=reason, due_at=planned.due_at, not_after=planned.not_after)
