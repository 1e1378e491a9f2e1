"""The tasks that this process knows, by their names."""

from __future__ import annotations

from functools import cache
from typing import Any

from celery import current_app
from django.utils.module_loading import autodiscover_modules

from ..errors import UnknownTask
from .definition import Task


@cache
def load_tasks() -> None:
    """Import the `tasks` module of every app, as a worker does, once a process; others know few of them.

    Not by Celery's loader, which runs Django's system checks, one of which comes here.
    """
    autodiscover_modules("tasks")


def known_tasks() -> dict[str, Task[..., Any]]:
    """Give the tasks of the ledger that this process could enqueue, in the order of their names."""
    return {name: task for name, task in sorted(current_app.tasks.items()) if isinstance(task, Task)}


def task_named(name: str) -> Task[..., Any] | None:
    """Give a task of the ledger by its name; None where this process does not have it."""
    found = _found.get(name) or current_app.tasks.get(name)
    if not isinstance(found, Task):
        return None
    _found[name] = found
    return found


def find(name: str) -> Task[..., Any]:
    """Give a task by its name. Raises `UnknownTask` where this process does not have it."""
    found = task_named(name)
    if found is None:
        raise UnknownTask(f"There is no task “{name}” here.")
    return found


_found: dict[str, Task[..., Any]] = {}
"""Tasks looked up before: Celery's registry is behind a proxy that costs more than a small task."""
