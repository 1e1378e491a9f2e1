"""Puts a person's statistics right after changes: exactly the habits that changed, and the days since they did."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q

from analytics.domain.outcomes import Outcome
from analytics.domain.periods import Period
from analytics.models import HabitState, StreakEvent, UserClock, UserMonth, UserWeek
from analytics.rollups import days
from analytics.rollups.clocks import hold_clock
from analytics.rollups.marks import mark, take_marks
from analytics.rollups.periods import ended_months, ended_weeks, roll_up
from analytics.rollups.tracing import Traced, know, note_rest, state_of, trace
from analytics.selectors.history import days_between, neutral_days, stored_days
from habits.domain.calendar import ONE_DAY
from habits.models import Habit
from habits.selectors import records_of

KINDS = {Outcome.BROKEN: StreakEvent.Kind.BROKEN, Outcome.MILESTONE: StreakEvent.Kind.MILESTONE}


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
    since: dict[int, date | None] = _unsure(clock)
    for habit, day in marks.items():
        if habit is not None:
            since[habit] = _earlier(since[habit], day) if habit in since else day
    states = {state.habit_id: state for state in HabitState.objects.filter(user_id=user_id, habit_id__in=since)}
    traced, gone = _trace(clock, since, states)
    HabitState.objects.filter(habit_id__in=gone).delete()
    save_states(state_of(user_id, one, clock.last_closed) for one in traced.values())
    first = min(_firsts(clock, since, states, traced), default=None)
    touched = put_right(clock, first, marks.get(None), traced, gone)
    sum_up_since(clock, first, marks.get(None))
    return Followed(len(since), len(touched))


def _earlier(one: date | None, other: date | None) -> date | None:
    """Give the earlier of two days; None is before all of them."""
    return None if one is None or other is None else min(one, other)


def work_out(habit_id: int) -> Followed:
    """Work a habit out from its first day on, with what else of its person has to be."""
    habit = Habit.objects.filter(pk=habit_id).first()
    if habit is None:
        return Followed()
    with transaction.atomic():
        mark(habit.user_id, {habit.pk: None})
        return follow_changes(habit.user_id)


def _unsure(clock: UserClock) -> dict[int, date | None]:
    """Give the habits that are not as of the last closed day, or that a close could not be sure of, and since when."""
    states = HabitState.objects.filter(
        Q(archived_on=None) | Q(archived_on__gt=clock.last_closed), user_id=clock.user_id
    )
    found = states.filter(Q(unsure_since__isnull=False) | Q(as_of__lt=clock.last_closed))
    return {
        habit: unsure_since or as_of + ONE_DAY
        for habit, unsure_since, as_of in found.values_list("habit_id", "unsure_since", "as_of")
    }


def _trace(
    clock: UserClock, habit_ids: Iterable[int], states: Mapping[int, HabitState]
) -> tuple[dict[int, Traced], set[int]]:
    """Work habits out from all of their records; and give those that are deleted."""
    ids = set(habit_ids)
    neutral = neutral_days(clock.user_id) if ids else frozenset()
    found = {}
    for habit in Habit.objects.filter(pk__in=ids, user_id=clock.user_id, deleted=False):
        note_rest(clock, habit, states.get(habit.pk))
        known = know(clock, habit, states.get(habit.pk))
        found[habit.pk] = trace(known, records_of(habit), clock.last_closed, neutral)
    return found, ids - found.keys()


def save_states(states: Iterable[HabitState]) -> None:
    """Store states in place of those that are stored."""
    fields = [field.name for field in HabitState._meta.concrete_fields if not field.primary_key]
    HabitState.objects.bulk_create(states, update_conflicts=True, unique_fields=["habit"], update_fields=fields)


def _firsts(
    clock: UserClock,
    since: Mapping[int, date | None],
    states: Mapping[int, HabitState],
    traced: Mapping[int, Traced],
) -> Iterator[date]:
    """Give the first day that may have changed of each habit of which closed days may have."""
    for habit_id, day in since.items():
        state, found = states.get(habit_id), traced.get(habit_id)
        changed = [] if state is None or day is None or found is None else [day]
        if not changed:  # everything may have: the days on which it counted so far, and those on which it does now
            changed += [state.made_on, state.first_day or state.made_on] if state else []
            changed += found.days if found else []
        if found is None:
            StreakEvent.objects.filter(habit_id=habit_id).delete()
        elif found.chronicle.terms.has_runs or min(changed, default=clock.last_closed) <= clock.last_closed:
            moved = follow_events(found)
            changed += moved
            is_longer = state is not None and state.streak != found.chronicle.standing.streak
            if changed and found.chronicle.terms.has_runs and (moved or is_longer):
                changed.append(_reach(found, min(changed)))
        yield from sorted(changed)[:1]


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


def follow_events(traced: Traced) -> list[date]:
    """Let what became of a habit's streaks be noted as it is now, and give the days on which that changed."""
    habit = traced.known.habit
    wanted = {
        (day.day, kind.value): day.streak
        for day in traced.days.values()
        for flag, kind in KINDS.items()
        if flag in day.outcome
    }
    stored = {(event.day, event.kind): event for event in StreakEvent.objects.filter(habit=habit)}
    wrong = [event for place, event in stored.items() if wanted.get(place) != event.days]
    missing = [place for place, length in wanted.items() if place not in stored or stored[place].days != length]
    StreakEvent.objects.filter(pk__in=[event.pk for event in wrong]).delete()
    StreakEvent.objects.bulk_create(
        StreakEvent(user_id=habit.user_id, habit=habit, day=day, kind=kind, days=wanted[day, kind])
        for day, kind in missing
    )
    return [*(event.day for event in wrong), *(day for day, _ in missing)]


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
