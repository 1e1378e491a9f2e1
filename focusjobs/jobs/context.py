"""The running job, as its task sees it: number, attempt, progress and log."""

from __future__ import annotations

import json
import logging
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import isfinite
from threading import Lock
from typing import Any

from focusjobs.logs import correlation

from .domain.text import storable

logger = logging.getLogger(__name__)

MAX_LINE = 10_000
"""Characters of a log line that are kept."""


@dataclass(frozen=True)
class Line:
    """One log line of a job."""

    at: datetime
    level: str
    text: str


@dataclass(eq=False)
class JobContext:
    """One attempt of a job. What it reports is kept and written in batches (`focusjobs.jobs.worker.pulse`)."""

    job_id: int | None
    attempt: int = 1
    max_attempts: int = 1
    task: str = ""
    options: str | None = None
    """What the job carries, as JSON."""
    overdue_at: float | None = None
    """When the task's timeout is over, on the monotonic clock."""
    _since: float = field(default_factory=time.monotonic, repr=False)
    _cancelled: bool = False
    _lock: Lock = field(default_factory=Lock, repr=False)
    _progress: Any = None
    _lines: list[Line] = field(default_factory=list, repr=False)

    def progress(self, done: float, total: float | None = None, note: str = "") -> None:
        """Report how far the job has come: `done` of `total`, in whatever unit, with a few words.

        Raises ValueError for a number that is none.
        """
        for number in (done, total):
            if number is not None and not (isinstance(number, (int, float)) and isfinite(number)):
                raise ValueError(f"Progress is told in numbers, not as {number!r}.")
        report: dict[str, Any] = {"done": done}
        if total is not None:
            report["total"] = total
        if note:
            report["note"] = storable(note)[:MAX_LINE]
        with self._lock:
            self._progress = report

    def log(self, text: str, *, level: str = "info") -> None:
        """Add a line to the job's log; what PostgreSQL cannot keep of it is dropped.

        Raises ValueError for a level that `logging` does not know.
        """
        if level.upper() not in logging.getLevelNamesMapping():
            raise ValueError(f"There is no level “{level}”; there are debug, info, warning, error and critical.")
        line = Line(datetime.now(UTC), level, storable(text)[:MAX_LINE])
        logger.log(logging.getLevelNamesMapping()[level.upper()], line.text)
        if self.job_id is None:
            return
        with self._lock:
            self._lines.append(line)

    def is_cancelled(self) -> bool:
        """Tell whether nobody waits for this attempt any more: the job was cancelled, or another worker has it.

        Nothing that the attempt reports or returns is kept from then on, so a long task may as well stop; `Cancel` is
        a way out. Known within a second of the fact.
        """
        return self._cancelled

    def mark_cancelled(self) -> None:
        """Note that nobody waits for this attempt any more."""
        self._cancelled = True

    def start_clock(self, timeout: timedelta) -> None:
        """Note when the task is to be over."""
        self.overdue_at = time.monotonic() + timeout.total_seconds()

    def stop_clock(self) -> None:
        """Note that the task is over in time, or was interrupted; its end may still take long to be written."""
        self.overdue_at = None

    def seconds(self) -> float:
        """Give how long the attempt has been running."""
        return time.monotonic() - self._since

    def log_fields(self) -> dict[str, Any]:
        """Give what each log line of the job says of it; made for each, since most jobs log nothing."""
        fields = {"job_id": self.job_id, "task": self.task, "attempt": self.attempt}
        request_id = json.loads(self.options).get("request_id") if self.options else None
        return fields if request_id is None else {**fields, "request_id": request_id}

    def has_reports(self) -> bool:
        """Tell whether there is anything to write."""
        return self._progress is not None or bool(self._lines)

    def take_reports(self) -> tuple[Any, list[Line]]:
        """Hand over what was reported since the last call: the latest progress or None, and the log lines."""
        with self._lock:
            progress, lines = self._progress, self._lines
            self._progress, self._lines = None, []
        return progress, lines

    def give_back(self, progress: Any, lines: list[Line]) -> None:
        """Put back reports that could not be written; newer progress stands."""
        with self._lock:
            self._progress = self._progress if self._progress is not None else progress
            self._lines = lines + self._lines


_current: ContextVar[JobContext | None] = ContextVar("focusjobs_current_job", default=None)


def _log_fields() -> dict[str, Any]:
    context = _current.get()
    return context.log_fields() if context else {}


correlation.add_source(_log_fields)


def current_job() -> JobContext:
    """Give the job that is running; in a plain call of a task, one that reports nowhere but to the log."""
    return _current.get() or JobContext(job_id=None)


class running:
    """Make a job the current one for the length of the block: `with running(context): …`.

    A class, at a third of the cost of a generator, since every job goes through it.
    """

    __slots__ = ("_context", "_token")

    def __init__(self, context: JobContext) -> None:
        self._context = context

    def __enter__(self) -> JobContext:
        self._token = _current.set(self._context)
        return self._context

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)


def as_json(progress: Any) -> str | None:
    """Give progress as the ledger takes it."""
    return None if progress is None else json.dumps(progress)
