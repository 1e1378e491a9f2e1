"""Reads of the analytics app."""

from .focus import sessions_of, version_of
from .history import closed_days, heatmap_of, history_alias, rates_of, streak_events, weekday_counts
from .periods import months_between, week_before, week_of_person, weeks_between
from .today import HabitToday, Today, focus_today, statistics_of, today_of

__all__ = [
    "HabitToday",
    "Today",
    "closed_days",
    "focus_today",
    "heatmap_of",
    "history_alias",
    "months_between",
    "rates_of",
    "sessions_of",
    "statistics_of",
    "streak_events",
    "today_of",
    "version_of",
    "week_before",
    "week_of_person",
    "weekday_counts",
    "weeks_between",
]
