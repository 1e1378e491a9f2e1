"""What operators do to jobs, to queues and to what has ended long ago.

`retry`, `cancel` and the rest are about jobs; `queues` and `retention` are modules of their own.
"""

from .editing import edit_and_retry
from .jobs import cancel, drain, promote, reschedule, retry, set_priority
from .restoring import Captured, capture, link, restore

__all__ = [
    "Captured",
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
