"""Asks again whether a claimed delivery makes sense: since it was decided about, hours may have passed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from habits.models import Habit
from notifications.domain.choice import Choice, Rules, choice_for
from notifications.domain.kinds import MANNERS, Channel, Kind
from notifications.models import Device, Notification
from notifications.selectors.people import rules_of
from notifications.selectors.standings import Standing, standings_of

from .consequences import Consequence, State, put_off
from .held import Held

Reason = Notification.Reason


@dataclass(frozen=True, slots=True)
class Wanted:
    """A delivery that is to be sent."""

    held: Held
    habits: Sequence[Habit]
    """Those that it speaks of and that are not done yet."""
    is_private: bool


Sorted = tuple[list[Wanted], list[tuple[Held, Consequence]]]


def recheck(claimed: Sequence[Held], now: datetime) -> Sorted:
    """Give the deliveries that are to be sent, and what becomes of the others."""
    asked = [(number, held.day) for held in claimed if _is_about_habits(held) for number in held.habits]
    standings = standings_of(asked)
    rules = rules_of({held.user_id for held in claimed})
    wanted: list[Wanted] = []
    dropped: list[tuple[Held, Consequence]] = []
    for held in claimed:
        habits = [one.habit for one in _standings(held, standings) if one.is_open]
        choice = _choice(held, rules[held.user_id])
        consequence = _objection(held, choice, habits, now)
        if consequence is None:
            wanted.append(Wanted(held, habits, bool(choice.private)))
        else:
            dropped.append((held, consequence))
    return wanted, dropped


def _objection(held: Held, choice: Choice, habits: Sequence[Habit], now: datetime) -> Consequence | None:
    """Say why it is not to be sent now, and what becomes of it."""
    if now >= held.not_after:
        return Consequence(state=State.EXPIRED, code="expired", refund=1)
    if reason := _reason(held, choice, habits, now):
        return Consequence(state=State.SUPPRESSED, code=reason, refund=1)
    if held.device_id is None:
        return None
    if held.wait_until is not None and now < held.wait_until:
        return put_off("device_waits", held.wait_until, held.not_after)
    if choice.quiet is not None and held.kind != Kind.TEST:
        end = choice.quiet.end_after(held.timezone, now)
        return put_off(Reason.QUIET, end, held.not_after) if end > now else None
    return None


def _reason(held: Held, choice: Choice, habits: Sequence[Habit], now: datetime) -> str:
    if not held.is_active:
        return Reason.INACTIVE
    if held.device_id is not None and held.device_state != Device.State.ACTIVE:
        return "retired"
    if held.device_id is not None and held.device_user_id != held.user_id:
        return "handed_over"
    if _is_about_habits(held) and not habits:
        return Reason.DONE
    if held.kind == Kind.TEST:
        return ""
    if not choice.enabled:
        return Reason.UNWANTED
    return Reason.MUTED if choice.is_muted(now) else ""


def _choice(held: Held, rules: Rules) -> Choice:
    return choice_for(rules, Kind(held.kind), Channel.EMAIL if held.device_id is None else Channel.PUSH)


def _is_about_habits(held: Held) -> bool:
    return MANNERS[Kind(held.kind)].about_habits


def _standings(held: Held, found: Mapping[tuple[int, date], Standing]) -> list[Standing]:
    return [found[key] for number in held.habits if (key := (number, held.day)) in found]
