"""Sample subjects of every kind, for looking at the words. Pure: no Django, no clock, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .copy import Subject
from .kinds import Kind

WEEK = {"done": 18, "due": 21, "rate": 86}

SAMPLES: Mapping[str, Subject] = MappingProxyType(
    {
        "one habit": Subject(kind=Kind.HABIT, names=["Run"]),
        "one habit with a question": Subject(kind=Kind.HABIT, names=["Run"], question="Did you run today?"),
        "several habits": Subject(kind=Kind.HABIT, names=["Run", "Read", "Water", "Stretch", "Piano"]),
        "routine, one habit": Subject(kind=Kind.ROUTINE, names=["Stretch"], label="Morning"),
        "routine, several": Subject(kind=Kind.ROUTINE, names=["Stretch", "Read"], label="Morning"),
        "routine without a name": Subject(kind=Kind.ROUTINE, names=["Stretch", "Read"]),
        "streak": Subject(kind=Kind.STREAK_ALERT, names=["Run"], facts={"streak": 12}),
        "several streaks": Subject(kind=Kind.STREAK_ALERT, names=["Run", "Read"], facts={"streak": 12}),
        "week, better": Subject(kind=Kind.WEEKLY_REPORT, facts={**WEEK, "change": 5}),
        "week, better by one": Subject(kind=Kind.WEEKLY_REPORT, facts={**WEEK, "change": 1}),
        "week, worse": Subject(kind=Kind.WEEKLY_REPORT, facts={**WEEK, "change": -5}),
        "week, the same": Subject(kind=Kind.WEEKLY_REPORT, facts={**WEEK, "change": 0}),
        "week, the first": Subject(kind=Kind.WEEKLY_REPORT, facts={**WEEK, "change": None}),
        "week without anything due": Subject(kind=Kind.WEEKLY_REPORT, facts={"done": 0, "due": 0, "rate": 0}),
        "test": Subject(kind=Kind.TEST),
    }
)
"""By what they are an example of."""
