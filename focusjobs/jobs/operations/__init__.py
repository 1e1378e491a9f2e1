"""What people do to jobs, queues and schedules, each act a row of `Operation` that says who, why and to how many.

A preview fixes which jobs are meant: those that there are by then, as they are. Once started, an operation changes them
in batches, in the background where they are many, and can be stopped and undone. Nothing here checks rights; callers do
that first, with `focusjobs.jobs.rights`.
"""

from .actions import ACTIONS, action_named
from .actor import Actor
from .audit import forget_previews, note, of_job, reveal
from .control import AT_ONCE, act, can_stop, can_undo, expected_of, has_rest, plan, rest, start, stop, undo
from .previewing import CAP, Preview, preview
from .running import advance
from .single import edit_and_retry, pause, resume, run_schedule, set_expected_wait, set_limits
from .wanted import HOLD, Snapshot, Wanted

__all__ = [
    "ACTIONS",
    "AT_ONCE",
    "CAP",
    "HOLD",
    "Actor",
    "Preview",
    "Snapshot",
    "Wanted",
    "act",
    "action_named",
    "advance",
    "can_stop",
    "can_undo",
    "edit_and_retry",
    "expected_of",
    "forget_previews",
    "has_rest",
    "note",
    "of_job",
    "pause",
    "plan",
    "preview",
    "rest",
    "resume",
    "reveal",
    "run_schedule",
    "set_expected_wait",
    "set_limits",
    "start",
    "stop",
    "undo",
]
