"""Statistics as the REST interface gives them; the fields are those of `analytics.serializers`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analytics.domain.outcomes import Figures, HabitDay, Outcome
from analytics.models import StreakEvent, UserDay
from analytics.models.days import Totals
from analytics.selectors import HabitToday
from habits.domain.records import THOUSANDTHS
from habits.domain.streaks import Streak
from habits.models import Habit
from habits.selectors import rule_of

Names = Mapping[int, Habit]
"""A person's habits by number."""


def streak(found: Streak | None) -> dict[str, Any]:
    """Give a streak; nothing is one of no days."""
    return {"days": found.length if found else 0, "start": found.start if found else None}


def figures(found: Figures) -> dict[str, Any]:
    """Give the counts of a day, but for what was not done, whose name says whether the day is over."""
    names = ("due", "done", "skipped", "extra", "rate", "strength")
    return {**{name: getattr(found, name) for name in names}, "perfect": found.is_perfect}


def focus(row: UserDay | Totals | None) -> dict[str, int]:
    """Give the focus sessions of a day or a period."""
    if row is None:
        return {"seconds": 0, "sessions": 0, "longest": 0}
    return {"seconds": row.focus_seconds, "sessions": row.focus_sessions, "longest": row.focus_longest}


def habit_today(one: HabitToday) -> dict[str, Any]:
    """Give a habit on the open day."""
    rule, habit = rule_of(one.habit), one.habit
    amount = one.amount / THOUSANDTHS if rule.counts_amounts else one.amount
    return {
        "id": habit.client_id,
        "name": habit.name,
        "category": habit.category,
        "status": _status(one.outcome),
        "current": amount,
        "target": rule.target_value if rule.counts_amounts else rule.times,
        "unit": habit.unit,
        "strength": one.strength,
        "streak": streak(one.streak),
    }


def _status(outcome: Outcome) -> str:
    if Outcome.DONE in outcome:
        return "done"
    if Outcome.SKIPPED in outcome:
        return "skipped"
    return "open" if Outcome.DUE in outcome else "covered"


def habit_day(day: HabitDay) -> dict[str, Any]:
    """Give a closed day of a habit."""
    flags = {"due": Outcome.DUE, "done": Outcome.DONE, "skipped": Outcome.SKIPPED}
    return {
        "day": day.day,
        **{name: flag in day.outcome for name, flag in flags.items()},
        "strength": day.strength,
    }


def day(row: UserDay, names: Names, events: Sequence[StreakEvent]) -> dict[str, Any]:
    """Give a person's closed day; of all events, those that are of it."""
    facts = ("day", "began_at", "ended_at", "neutral", "broken", "first_at", "last_at")
    return {
        **figures(row.figures),
        "missed": row.missed,
        **{name: getattr(row, name) for name in facts},
        "focus": focus(row),
        "categories": _categories(row, names),
        "streaks": [_streak_event(event, names[event.habit_id]) for event in events if _is_of(event, row, names)],
    }


def _is_of(event: StreakEvent, row: UserDay, names: Names) -> bool:
    return event.day == row.day and event.habit_id in names


def _streak_event(event: StreakEvent, habit: Habit) -> dict[str, Any]:
    return {"id": habit.client_id, "name": habit.name, "kind": event.kind, "days": event.days}


def _categories(row: UserDay, names: Names) -> Mapping[str, Sequence[int]]:
    counts: dict[str, list[int]] = {}
    for habit_id, (outcome, _) in row.by_habit.items():
        habit = names.get(habit_id)
        if habit is None or not habit.category:
            continue
        count = counts.setdefault(habit.category, [0, 0, 0])
        for place, flags in enumerate((Outcome.DUE, Outcome.DUE | Outcome.DONE, Outcome.DUE | Outcome.SKIPPED)):
            count[place] += flags in outcome
    return counts


def period(row: Totals, names: Names) -> dict[str, Any]:
    """Give a person's week or month."""
    counts = ("first_day", "last_day", "days", "due", "done", "skipped", "missed", "extra", "rate", "perfect_days")
    finds = ("broken", "strength", "best_day", "worst_day", "best_weekday", "best_hour", "categories")
    best = names.get(row.best_streak_habit or 0)
    return {
        **{name: getattr(row, name) for name in (*counts, *finds)},
        "focus": focus(row),
        "best_streak": {"id": best.client_id, "name": best.name, "days": row.best_streak} if best else None,
        "top": _change(row.top_habit, row.top_change, names),
        "slipping": _change(row.slipping_habit, row.slipping_change, names),
    }


def _change(habit_id: int | None, change: float | None, names: Names) -> dict[str, Any] | None:
    habit = names.get(habit_id or 0)
    return {"id": habit.client_id, "name": habit.name, "change": change} if habit else None
