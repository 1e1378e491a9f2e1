"""The only writer of habits and completions: edits from phones, REST, admin and imports, merged in one way.

The rule is `habits.domain.merge`; a trigger refuses rows that are written elsewhere.
"""

from .forgetting import forget
from .inbox import Busy, Drained, drain, drain_now, late_users
from .server_edits import day_writes, habit_write
from .session import Merging, allow_erasing, merge_now
from .writes import SERVER, CompletionWrite, DeletedCompletion, HabitWrite, Write

__all__ = [
    "SERVER",
    "Busy",
    "CompletionWrite",
    "DeletedCompletion",
    "Drained",
    "HabitWrite",
    "Merging",
    "Write",
    "allow_erasing",
    "day_writes",
    "drain",
    "drain_now",
    "forget",
    "habit_write",
    "late_users",
    "merge_now",
]
