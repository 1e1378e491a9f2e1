"""Django's system check of the declared schedules; workers run it when they start."""

from __future__ import annotations

from collections import Counter
from typing import Any

from celery import current_app
from django.core.checks import CheckMessage, Error

from ..declaring.declarations import declarations
from ..declaring.registry import task_named
from .syncing import unsaved
from .ticking import faults


def check_schedules(**kwargs: Any) -> list[CheckMessage]:
    """Refuse declarations that share a name or cannot make a job, and beat entries that would bypass the table."""
    return [*_repeated(), *_faulty(), *_entries_of_beat()]


def _repeated() -> list[CheckMessage]:
    names = Counter(declaration.name for declaration in declarations())
    return [
        Error(f"The schedule “{name}” is declared {count} times.", id="jobs.E021")
        for name, count in names.items()
        if count > 1
    ]


def _faulty() -> list[CheckMessage]:
    return [
        Error(f"The schedule “{declaration.name}” cannot work: {message}", hint=f"Mend its {name}.", id="jobs.E022")
        for declaration in declarations()
        for name, message in faults(unsaved(declaration)).items()
    ]


def _entries_of_beat() -> list[CheckMessage]:
    return [
        Error(
            f"CELERY_BEAT_SCHEDULE has “{name}” for {entry['task']}, which is a task of the ledger.",
            hint="Declare it with focusjobs.jobs.schedule, so that each tick makes exactly one job.",
            id="jobs.E023",
        )
        for name, entry in current_app.conf.beat_schedule.items()
        if task_named(entry["task"]) is not None
    ]
