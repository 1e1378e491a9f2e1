"""Works habits out from all of their records, as of the last closed day of their person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from analytics.domain.outcomes import HabitDay
from analytics.domain.standing import Chronicle, chronicle
from analytics.models import HabitRest, HabitState, UserClock
from analytics.selectors.history import neutral_days
from habits.domain.calendar import logical_date
from habits.domain.records import Record
from habits.models import Habit
from habits.selectors import records_of_habits, rule_of


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
    """A habit, worked out from all of its records up to a closed day."""

    known: Known
    chronicle: Chronicle
    days: Mapping[date, HabitDay]
    """Its closed days on which it counts."""


def note_rests(clock: UserClock, ended: Iterable[HabitState]) -> None:
    """Keep the closed days on which habits were archived, when that has ended or their states are taken away."""
    HabitRest.objects.bulk_create(
        HabitRest(habit_id=state.habit_id, first_day=state.archived_on, last_day=clock.last_closed)
        for state in ended
        if state.archived_on and state.archived_on <= clock.last_closed
    )


def trace_habits(
    clock: UserClock,
    habits: Collection[Habit],
    states: Mapping[int, HabitState],
    lasts: Mapping[int, date] = MappingProxyType({}),
    using: str = "default",
) -> dict[int, Traced]:
    """Work habits of a person out from all of their records.

    `lasts` are, by habit, the days as of which that is done where it is not the last closed one.
    """
    numbers = [habit.pk for habit in habits]
    if not numbers:
        return {}
    rests, neutral = _rests_of(numbers, using), neutral_days(clock.user_id, using)
    records = records_of_habits(numbers, using)
    return {
        habit.pk: trace(
            _know(clock, habit, states.get(habit.pk), rests.get(habit.pk, [])),
            records.get(habit.pk, {}),
            lasts.get(habit.pk, clock.last_closed),
            neutral,
        )
        for habit in habits
    }


def _rests_of(habits: Collection[int], using: str) -> dict[int, list[tuple[date, date]]]:
    """Give the days from one to another on which habits were archived. Index: that of rests by habit."""
    found: dict[int, list[tuple[date, date]]] = {}
    rests = HabitRest.objects.using(using).filter(habit__in=habits)
    for habit, first, last in rests.values_list("habit_id", "first_day", "last_day"):
        found.setdefault(habit, []).append((first, last))
    return found


def _know(clock: UserClock, habit: Habit, state: HabitState | None, rests: Iterable[tuple[date, date]]) -> Known:
    """Give what is known of a habit. The days on which it was made and archived are told by the zone of that time.

    So they are taken from its state where that has them, and otherwise told by the present zone.
    """
    archived_on = None
    if habit.archived_at:
        archived_on = state.archived_on if state and state.archived_on else _local_day(clock, habit.archived_at)
    made_on = state.made_on if state else _local_day(clock, habit.created_at)
    return Known(habit, made_on, archived_on, tuple(rests))


def _local_day(clock: UserClock, instant: datetime) -> date:
    return logical_date(clock.zone, clock.day_start, instant)


def trace(known: Known, records: Mapping[date, Record], last: date, neutral: Collection[date]) -> Traced:
    """Work a habit out as of the closed day `last`, with its days since it was made or first recorded.

    Later days that are neutral change nothing: what is archived stays as it was.
    """
    recorded = (day for day, record in records.items() if not record.is_empty)
    first = min(known.made_on, min(recorded, default=known.made_on))
    found = chronicle(rule_of(known.habit), records, first, last, [day for day in neutral if day <= last])
    return Traced(known, found, {day.day: day for day in found.days if known.counts_on(day.day)})
