"""Reads of the analytics app."""

from __future__ import annotations

from datetime import date

from analytics.models import HabitState
from habits.domain.summary import summarise
from habits.models import Habit
from habits.selectors import records_of, rule_of


def statistics_of(habit: Habit, today: date) -> HabitState:
    """Give a habit's statistics as of its owner's local day: the stored ones if they are fresh, else worked out.

    What is worked out here is not stored; that is for the job which follows each change.
    """
    stored = HabitState.objects.filter(habit=habit, as_of=today, completions_version=habit.completions_version).first()
    return stored or state_of(habit, today)


def state_of(habit: Habit, today: date) -> HabitState:
    """Work out a habit's statistics as of a local day, without storing them.

    They say at least what `habit.completions_version` says: records that change while this runs may be in or not.
    """
    summary = summarise(rule_of(habit), records_of(habit), today)
    current, best = summary.current_streak, summary.best_streak
    return HabitState(
        habit=habit,
        as_of=today,
        completions_version=habit.completions_version,
        strength=summary.strength,
        streak=current.length if current else 0,
        streak_start=current.start if current else None,
        best_streak=best.length if best else 0,
        best_streak_start=best.start if best else None,
        total=summary.total_done,
        done_today=summary.done_today,
    )
