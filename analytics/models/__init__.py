"""Statistics that are kept so that they need not be worked out again, and what they rest on."""

from .clocks import UserClock
from .days import UserDay, UserMonth, UserWeek
from .focus import FocusSession
from .inspections import Drift, Inspection
from .states import DirtyMark, HabitRest, HabitState, StreakEvent

__all__ = [
    "DirtyMark",
    "Drift",
    "FocusSession",
    "HabitRest",
    "HabitState",
    "Inspection",
    "StreakEvent",
    "UserClock",
    "UserDay",
    "UserMonth",
    "UserWeek",
]
