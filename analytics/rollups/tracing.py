"""Works habits out from all of their records, as of the last closed day of their person."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.utils import timezone

from analytics.domain.outcomes import HabitDay
from analytics.domain.standing import Chronicle, chronicle
from analytics.models import HabitRest, HabitState, UserClock
from habits.domain.calendar import logical_date
from habits.domain.records import Record
from habits.models import Habit
from habits.selectors import rule_of


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a habit beside its records."""

    habit: Habit
    made_on: date
    archived_on: date | None
    rests: tuple[tuple[date, date], ...]

    def counts_on(self, day: date) -> bool:
        """Tell whether it belongs to a day: not if it was archived then."""
        rested = any(first <= day <= last for first, last in self.rests)
        return not rested and (self.archived_on is None or day < self.archived_on)


@dataclass(frozen=True, slots=True)
class Traced:
    """A habit, worked out from all of its records up to the last closed day."""

    known: Known
    chronicle: Chronicle

    @property
    def days(self) -> dict[date, HabitDay]:
        """Its closed days on which it counts."""
        return {day.day: day for day in self.chronicle.days if self.known.counts_on(day.day)}


def know(clock: UserClock, habit: Habit, state: HabitState | None, using: str = "default") -> Known:
    """Give what is known of a habit. The days on which it was made and archived are told by the zone of that time.

    So they are taken from its state where that has them, and otherwise told by the present zone.
    """
    archived_on = None
    if habit.archived_at:
        archived_on = state.archived_on if state and state.archived_on else _local_day(clock, habit.archived_at)
    rests = HabitRest.objects.using(using).filter(habit=habit).order_by("first_day")
    made_on = state.made_on if state else _local_day(clock, habit.created_at)
    return Known(habit, made_on, archived_on, tuple(rests.values_list("first_day", "last_day")))


def note_rest(clock: UserClock, habit: Habit, state: HabitState | None) -> None:
    """Keep the closed days on which a habit was archived, when it has been taken up again."""
    if state and state.archived_on and not habit.archived_at and state.archived_on <= clock.last_closed:
        HabitRest.objects.create(habit=habit, first_day=state.archived_on, last_day=clock.last_closed)


def _local_day(clock: UserClock, instant: datetime) -> date:
    return logical_date(clock.zone, clock.day_start, instant)


def trace(known: Known, records: Mapping[date, Record], last: date, neutral: Collection[date]) -> Traced:
    """Work a habit out as of the closed day `last`, with its days since it was made or first recorded."""
    recorded = (day for day, record in records.items() if not record.is_empty)
    first = min(known.made_on, min(recorded, default=known.made_on))
    return Traced(known, chronicle(rule_of(known.habit), records, first, last, neutral))


def state_of(user_id: int, traced: Traced, last: date) -> HabitState:
    """Give the state of a habit as of the closed day `last`; it is not saved."""
    known = traced.known
    return HabitState(
        habit=known.habit,
        user_id=user_id,
        completions_version=known.habit.completions_version,
        as_of=last,
        made_on=known.made_on,
        archived_on=known.archived_on,
        computed_at=timezone.now(),
        **asdict(traced.chronicle.standing),
        **asdict(traced.chronicle.terms),
    )
