"""What people are told, and by which ways. Pure: no Django, no clock, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType


class Kind(StrEnum):
    """What a notification is about."""

    HABIT = "habit"
    """A habit's reminder time has come."""
    ROUTINE = "routine"
    """The time of a routine has come: the habits of a category, or all of them."""
    STREAK_ALERT = "streak_alert"
    """The day ends in a while, and streaks end with it."""
    WEEKLY_REPORT = "weekly_report"
    """What the past week came to."""
    TEST = "test"
    """Somebody wants to see whether notifications arrive."""


class Channel(StrEnum):
    """A way by which a person is told."""

    PUSH = "push"
    EMAIL = "email"
    INBOX = "inbox"
    """The list that the app shows; it disturbs nobody."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How notifications of a kind are treated."""

    grace: timedelta
    """How late it is still worth telling; after that, an outage's backlog is dropped and never floods anybody."""
    replaceable: bool
    """A repetition takes the place of the first on the device, so that one more attempt does no harm."""
    about_habits: bool
    """It is pointless once the habits are done."""


MANNERS: Mapping[Kind, Manner] = MappingProxyType(
    {
        Kind.HABIT: Manner(timedelta(hours=2), replaceable=True, about_habits=True),
        Kind.ROUTINE: Manner(timedelta(hours=4), replaceable=True, about_habits=True),
        Kind.STREAK_ALERT: Manner(timedelta(hours=2), replaceable=True, about_habits=True),
        Kind.WEEKLY_REPORT: Manner(timedelta(hours=12), replaceable=True, about_habits=False),
        Kind.TEST: Manner(timedelta(minutes=10), replaceable=False, about_habits=False),
    }
)
