"""Works a person's statistics out from all of their records and compares them with what is stored.

States, days, weeks and months are compared; events of streaks are only put right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

from django.db import connections, transaction

from analytics.domain.standing import Standing
from analytics.domain.terms import Terms
from analytics.domain.totals import Lived
from analytics.models import DirtyMark, HabitState, UserClock, UserDay
from analytics.rollups.clocks import hold_clock
from analytics.rollups.day_differences import compare_days
from analytics.rollups.days import save_days
from analytics.rollups.differences import Difference, differing
from analytics.rollups.events import follow_events
from analytics.rollups.following import follow_changes
from analytics.rollups.period_differences import compare_periods, first_read, stored_periods
from analytics.rollups.periods import sum_up_since
from analytics.rollups.states import save_states, state_of
from analytics.rollups.taps import by_hour, taps_between
from analytics.rollups.tracing import Traced, trace_habits
from habits.models import Habit

CARRIED = (*Terms.__dataclass_fields__, *Standing.__dataclass_fields__)


@dataclass(slots=True)
class Rebuilt:
    """A person's statistics as their records say, and where the stored ones differ."""

    clock: UserClock
    traced: dict[int, Traced] = field(default_factory=dict)
    states: list[HabitState] = field(default_factory=list)
    gone: set[int] = field(default_factory=set)
    """Habits with a state that should have none."""
    first_day: date | None = None
    """The first day that was compared; all since then were."""
    wrong: list[UserDay] = field(default_factory=list)
    """Days that differ from what is stored, as they should be."""
    differences: list[Difference] = field(default_factory=list)
    first_period: date | None = None
    """The first day of the first week or month that differs from what its days come to."""

    @property
    def days(self) -> int:
        """How many days were compared."""
        return (self.clock.last_closed - self.first_day).days + 1 if self.first_day else 0


@transaction.atomic
def rebuild(user_id: int) -> Rebuilt | None:
    """Follow what changes are still marked, then work everything out, store it, and give what differed.

    Weeks and months that wait for their job are no difference, and are summed up all the same.
    None where the person is gone.
    """
    clock = hold_clock(user_id)
    if clock is None:
        return None
    follow_changes(user_id)
    found = compare(clock)
    _store(found)
    return found


def inspect(user_id: int, using: str) -> Rebuilt | None:
    """Compare without locks, in one snapshot of a replica or of the primary.

    None where a close or a change is under way, of which the snapshot may have a part, or the person is gone.
    """
    with _snapshot(using):
        clock = UserClock.objects.using(using).filter(pk=user_id).first()
        if clock is None or DirtyMark.objects.using(using).filter(user_id=user_id).exists():
            return None
        return compare(clock, using)


@contextmanager
def _snapshot(using: str) -> Iterator[None]:
    """Let every statement see the same moment; where a transaction is open already, the caller sees to that."""
    outermost = not connections[using].in_atomic_block
    with transaction.atomic(using=using):
        if outermost:
            with connections[using].cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def compare(clock: UserClock, using: str = "default") -> Rebuilt:
    """Work out everything of a person as of their last closed day, and compare it with what is stored."""
    found = Rebuilt(clock)
    stored = {state.habit_id: state for state in HabitState.objects.using(using).filter(user_id=clock.user_id)}
    habits = list(Habit.objects.using(using).filter(user_id=clock.user_id, deleted=False).order_by("pk"))
    # What is archived stays as of the day when it was.
    archived = {habit.pk: stored[habit.pk].as_of for habit in habits if _is_archived(habit, stored.get(habit.pk))}
    found.traced = trace_habits(clock, habits, stored, archived, using)
    found.gone = stored.keys() - found.traced.keys()
    for number, one in found.traced.items():
        wanted = state_of(clock.user_id, one, archived.get(number, clock.last_closed))
        found.states.append(wanted)
        found.differences += _differences(number, stored.get(number), wanted)
    found.differences += [Difference(habit, None, "state", "stored", "none") for habit in found.gone]
    _compare_days_and_periods(found, habits, using)
    return found


def _is_archived(habit: Habit, state: HabitState | None) -> bool:
    return bool(habit.archived_at and state and state.archived_on)


def _differences(habit: int, state: HabitState | None, wanted: HabitState) -> Iterator[Difference]:
    if state is None:
        yield Difference(habit, None, "state", "none", "stored")
        return
    for name, one, other in differing(state, wanted, CARRIED):
        yield Difference(habit, state.as_of, name, one, other)


def _compare_days_and_periods(found: Rebuilt, habits: Iterable[Habit], using: str) -> None:
    clock, anew = found.clock, {habit: one.days for habit, one in found.traced.items()}
    found.first_day = min([clock.last_closed, *(day for of_habit in anew.values() for day in of_habit)])
    periods = stored_periods(clock.user_id, using)
    begin = first_read(found.first_day, periods)
    taps = taps_between(clock.user_id, begin, clock.last_closed, using)
    days = compare_days(clock, found.first_day, begin, anew, taps, using)
    lived = Lived(days.closed, by_hour(taps), anew, {habit.pk: habit.category for habit in habits})
    unlike = compare_periods(clock, found.first_day, periods, lived, using)
    found.wrong = days.wrong
    found.first_period = min((one.day for one in unlike if one.day), default=None)
    found.differences += [*days.differences, *unlike]


def _store(found: Rebuilt) -> None:
    HabitState.objects.filter(habit_id__in=found.gone).delete()
    save_states(found.states)
    follow_events(found.traced.values())
    save_days(found.clock.user_id, found.wrong)
    sum_up_since(found.clock, found.first_day, found.first_period)
