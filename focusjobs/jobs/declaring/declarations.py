"""`schedule(...)`: the schedules that the code declares, beside the tasks they run.

This module is imported before Django's models are ready; `focusjobs.jobs.schedules.syncing` brings the table in line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from .definition import Task
from .registry import load_tasks


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """A schedule as the code states it; see `schedule`."""

    name: str
    task: str
    arguments: dict[str, Any] = field(default_factory=dict)
    queue: str = ""
    cron: str = ""
    every: timedelta | None = None
    timezone: str = "UTC"
    missed: str = "once"
    overlap: bool = True

    def as_json(self) -> dict[str, Any]:
        """Give what is stated, but for the name, as the table keeps it; the interval in seconds."""
        stated = {name: value for name, value in vars(self).items() if name != "name"}
        return stated | {"every": self.every and self.every.total_seconds()}


_declared: list[Declaration] = []


def schedule(
    name: str,
    task: Task[..., Any],
    arguments: Mapping[str, Any] | None = None,
    *,
    cron: str = "",
    every: timedelta | None = None,
    timezone: str = "UTC",
    missed: Literal["skip", "once", "all"] = "once",
    overlap: bool = True,
    queue: str = "",
) -> None:
    """Declare that a task is to run again and again; one job a tick, however many workers and beats there are.

        schedule("nightly-close", close_days, {"batch": 500}, cron="0 3 * * *", timezone="Europe/Berlin")
        schedule("poll-provider", poll, every=timedelta(minutes=5), overlap=False)

    cron or every: a cron line (`focusjobs.jobs.domain.cron`) in an IANA `timezone`, or an interval of at least a
    second. missed: what happens about ticks that passed while nothing ran: none (`skip`, when they are over a minute
    late), one job for all of them, or a job for each, the newest hundred at most. overlap: with False a tick makes no
    job while the one before is unfinished. queue: another than the task's own.

    Write it beside the task, in the app's `tasks.py`. `manage.py check` and every worker refuse declarations that
    cannot work. In the admin each field can be changed; the change stands until the code states something else.
    """
    _declared.append(
        Declaration(
            name=name,
            task=task.name,
            arguments=dict(arguments or {}),
            queue=queue,
            cron=cron,
            every=every,
            timezone=timezone,
            missed=missed,
            overlap=overlap,
        )
    )


def declarations() -> list[Declaration]:
    """Give every declared schedule, after loading the apps' tasks."""
    load_tasks()
    return list(_declared)
