"""Puts a person's statistics right after changes: exactly the habits that changed, and the days since they did."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction

from analytics.domain.periods import Period
from analytics.models import HabitState, StreakEvent, UserClock, UserMonth, UserWeek
from analytics.rollups import days
from analytics.rollups.clocks import hold_clock
from analytics.rollups.events import follow_events
from analytics.rollups.marks import mark, take_marks
from analytics.rollups.periods import ended_months, ended_weeks, roll_up
from analytics.rollups.tracing import Traced, note_rests, state_of, trace_habits
from analytics.selectors.history import days_between, stored_days
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
    first = min(_firsts(clock, since, states, traced), default=None)
    _forget(gone)
    touched = put_right(clock, first, marks.get(None), traced, gone)
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
            since[habit] = _earlier(since[habit], day) if habit in since else day
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
    note_rests(clock, habits, states)
    return trace_habits(clock, habits, states)


def save_states(states: Iterable[HabitState]) -> None:
    """Store states in place of those that are stored."""
    fields = [field.name for field in HabitState._meta.concrete_fields if not field.primary_key]
    HabitState.objects.bulk_create(states, update_conflicts=True, unique_fields=["habit"], update_fields=fields)


def _forget(gone: Collection[int]) -> None:
    """Take away what is kept of habits that are deleted."""
    if gone:
        HabitState.objects.filter(habit_id__in=gone).delete()
        StreakEvent.objects.filter(habit_id__in=gone).delete()


def _firsts(
    clock: UserClock,
    since: Mapping[int, date | None],
    states: Mapping[int, HabitState],
    traced: Mapping[int, Traced],
) -> Iterator[date]:
    """Note the events of habits anew, and give the first day that may have changed of each that has one."""
    firsts = {habit: _first(day, states.get(habit), traced.get(habit)) for habit, day in since.items()}
    moved = follow_events([one for habit, one in traced.items() if _may_move(one, firsts[habit], clock.last_closed)])
    for habit, first in firsts.items():
        days = [day for day in (first, *moved.get(habit, ())) if day is not None]
        if days and habit in moved and _is_longer(traced[habit], states.get(habit), moved[habit]):
            days.append(_reach(traced[habit], min(days)))
        yield from sorted(days)[:1]


def _first(since: date | None, state: HabitState | None, traced: Traced | None) -> date | None:
    """Give the first day of a habit that may have changed, None where it has none.

    Where not only what is recorded of a day has changed, that is the first day on which it counted or now counts.
    """
    if state is not None and since is not None and traced is not None:
        return since
    days = [state.made_on, state.first_day or state.made_on] if state else []
    return min([*days, *(traced.days if traced else [])], default=None)


def _may_move(traced: Traced, first: date | None, last_closed: date) -> bool:
    """Tell whether the streaks of closed days may have changed: with runs those before the change may, too."""
    return traced.chronicle.terms.has_runs or first is None or first <= last_closed


def _is_longer(traced: Traced, state: HabitState | None, moved: Collection[date]) -> bool:
    """Tell whether streaks of days before a change may be others than they were."""
    changed = state is not None and state.streak != traced.chronicle.standing.streak
    return traced.chronicle.terms.has_runs and (bool(moved) or changed)


def _reach(traced: Traced, day: date) -> date:
    """Give the earliest day whose streak may have changed with ticks from a day on.

    A tick covers days before its own, and moves what earlier ticks cover back as far as they adjoin: to the start of
    their streak, and from there by less than a window (`habits.domain.schedule.coverage`). One of 30 days may have 31.
    """
    window = timedelta(days=traced.chronicle.terms.days + 1)
    lengths = {found.day: found.streak for found in traced.chronicle.days}
    day -= window
    while lengths.get(day):
        day -= ONE_DAY
    return day - window


def put_right(
    clock: UserClock, first: date | None, focus_since: date | None, traced: Mapping[int, Traced], gone: Collection[int]
) -> list[date]:
    """Write the closed days from the first that may have changed on, and give those that did."""
    begin = min((day for day in (first, focus_since) if day is not None), default=None)
    if begin is None or begin > clock.last_closed:
        return []
    dates = days_between(begin, clock.last_closed)
    found = stored_days(clock.user_id, dates)
    before = {day: days.contents(row) for day, row in found.items()}
    cut = [found.get(day) or days.empty_day(clock, day) for day in dates]
    if first is not None:
        anew, taps = {habit: one.days for habit, one in traced.items()}, days.taps_of(clock.user_id, dates)
        for row in cut:
            days.set_habits(row, days.replaced(row, anew, gone), taps.get(row.day, {}))
    if focus_since is not None:
        days.set_focus(clock.user_id, cut)
    changed = [row for row in cut if days.contents(row) != before.get(row.day, days.NOTHING)]
    days.save_days(clock.user_id, changed)
    return [row.day for row in changed]


def sum_up_since(clock: UserClock, *days: date | None) -> None:
    """Sum up anew the weeks and months that are over and do not end before any of these days.

    Not only those of the days that came out otherwise: best weekdays and hours look back over four weeks, and with a
    tick streaks become longer whose days stay as they are.
    """
    first = min((day for day in days if day is not None), default=None)
    if first is not None and first <= clock.last_closed:
        period = Period(first, clock.last_closed)
        roll_up(UserWeek, ended_weeks(clock, period))
        roll_up(UserMonth, ended_months(clock, period))
