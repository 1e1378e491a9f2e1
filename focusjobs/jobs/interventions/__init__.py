"""What operators do to jobs, to queues and to what has ended long ago.

`retry`, `cancel` and the rest are about jobs; `queues` and `retention` are modules of their own.
"""

from .jobs import (
    Captured,
    Restored,
    cancel,
    capture,
    drain,
    edit_and_retry,
    link,
    promote,
    reschedule,
    restore,
    retry,
    set_priority,
)

__all__ = [
    "Captured",
    "Restored",
    "cancel",
    "capture",
    "drain",
    "edit_and_retry",
    "link",
    "promote",
    "reschedule",
    "restore",
    "retry",
    "set_priority",
]
