"""Puts a person's statistics right after changes: exactly the habits that changed, and the days since they did."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from analytics.models import HabitState, StreakEvent, UserClock
from analytics.rollups import days
from analytics.rollups.clocks import hold_clock
from analytics.rollups.events import follow_events
from analytics.rollups.marks import mark, take_marks
from analytics.rollups.outdated import first_outdated
from analytics.rollups.periods import sum_up_since
from analytics.rollups.states import save_states, state_of
from analytics.rollups.tracing import Traced, note_rests, trace_habits
from habits.domain.calendar import ONE_DAY
from habits.models import Habit


@dataclass(frozen=True, slots=True)
class Followed:
    """How many habits were worked out anew, and how many closed days that changed."""

    habits: int = 0
    days: int = 0


@transaction.atomic
def follow_changes(user_id: int) -> Followed:
    """Work out anew what the marks of a person name, and what a close could not be sure of.

    Holds the clock: a record is either seen here and its day put right, or the day is open and its close will see it.
    """
    clock = hold_clock(user_id)
    if clock is None:
        return Followed()
    marks = take_marks(user_id)
    states = {state.habit_id: state for state in HabitState.objects.filter(user_id=user_id)}
    since = _outdated(clock, marks, states)
    traced = _trace(clock, since, states)
    gone = since.keys() - traced.keys()
    save_states(state_of(user_id, one, clock.last_closed) for one in traced.values())
    moved = follow_events([one for habit, one in traced.items() if _may_move(one, since[habit], clock)])
    first = first_outdated(since, states, traced, moved)
    _forget(clock, gone, states)
    touched = days.put_right(clock, first, marks.get(None), traced, gone)
    sum_up_since(clock, first, marks.get(None))
    return Followed(len(since), len(touched))


def work_out(habit_id: int) -> Followed:
    """Work a habit out from its first day on, with what else of its person has to be."""
    habit = Habit.objects.filter(pk=habit_id).first()
    if habit is None:
        return Followed()
    with transaction.atomic():
        mark(habit.user_id, {habit.pk: None})
        return follow_changes(habit.user_id)


def _outdated(
    clock: UserClock, marks: Mapping[int | None, date | None], states: Mapping[int, HabitState]
) -> dict[int, date | None]:
    """Give the habits that are marked, and those that a close could not be sure of; and since when, None for ever.

    Also those that are not as of the last closed day, or of the last one before they were archived.
    """
    since: dict[int, date | None] = {
        habit: state.unsure_since or state.as_of + ONE_DAY
        for habit, state in states.items()
        if habit in marks or _is_behind(state, clock.last_closed)
    }
    for habit, day in marks.items():
        if habit is not None:
            since[habit] = _earlier(since[habit], day) if habit in states else None
    return since


def _is_behind(state: HabitState, last_closed: date) -> bool:
    last = min(last_closed, state.archived_on - ONE_DAY) if state.archived_on else last_closed
    return state.unsure_since is not None or state.as_of < last


def _earlier(one: date | None, other: date | None) -> date | None:
    """Give the earlier of two days; None is before all of them."""
    return None if one is None or other is None else min(one, other)


def _trace(clock: UserClock, numbers: Collection[int], states: Mapping[int, HabitState]) -> dict[int, Traced]:
    """Work out those of these habits that are not deleted."""
    if not numbers:
        return {}
    habits = list(Habit.objects.filter(pk__in=numbers, user_id=clock.user_id, deleted=False))
    note_rests(clock, (states[habit.pk] for habit in habits if habit.pk in states and not habit.archived_at))
    return trace_habits(clock, habits, states)


def _may_move(traced: Traced, since: date | None, clock: UserClock) -> bool:
    """Tell whether the streaks of closed days may have changed: with runs those before the change may, too."""
    return traced.chronicle.terms.has_runs or since is None or since <= clock.last_closed


def _forget(clock: UserClock, gone: Collection[int], states: Mapping[int, HabitState]) -> None:
    """Take away what is kept of habits that are deleted, but for when they were archived: they may come back."""
    if gone:
        note_rests(clock, (states[habit] for habit in gone if habit in states))
        HabitState.objects.filter(habit_id__in=gone).delete()
        StreakEvent.objects.filter(habit_id__in=gone).delete()
