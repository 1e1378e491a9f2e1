"""Schedules: their ticks, what the code declares, and checks of both.

`tick` and the rest are about ticks; `syncing` brings the table in line with the code.
"""

from .ticking import (
    DUE,
    GRACE,
    MAX_MISSED,
    database_time,
    due_ticks,
    faults,
    job_of,
    restart,
    rhythm,
    run_now,
    set_enabled,
    tick,
    upcoming,
    words,
)

__all__ = [
    "DUE",
    "GRACE",
    "MAX_MISSED",
    "database_time",
    "due_ticks",
    "faults",
    "job_of",
    "restart",
    "rhythm",
    "run_now",
    "set_enabled",
    "tick",
    "upcoming",
    "words",
]
