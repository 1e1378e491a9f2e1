"""System checks of the job layer: mistakes that would otherwise show only when a job fails to run.

`manage.py check` runs them, as do `migrate` and every worker's start; those of the database with
`manage.py check --database default`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from celery import current_app
from django.apps import apps
from django.conf import settings
from django.core import checks
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.models import Model, UniqueConstraint

from .declaring.definition import Task, declared
from .declaring.registry import known_tasks, load_tasks
from .worker.pulse import BEAT

BEATS_A_LEASE = 6
"""A lease is prolonged when a third of it is gone; what is left must hold for a few beats more."""

# Which of these indexes are there and can be used; one that was built concurrently and failed is there and cannot.
USABLE_INDEXES = """
SELECT name.relname FROM pg_index AS found JOIN pg_class AS name ON name.oid = found.indexrelid
WHERE found.indisvalid AND pg_table_is_visible(found.indexrelid) AND name.relname = ANY(%s)
"""


def register() -> None:
    """Have Django run these checks."""
    for check in (check_names, check_queues, check_defaults, check_eager, check_lease, check_visibility):
        checks.register(check, "jobs")
    checks.register(check_database, checks.Tags.database, "jobs")


def check_names(**_: Any) -> list[checks.CheckMessage]:
    """E001: a plain Celery task has the name of a task of ours, which no worker would then find."""
    return [
        checks.Error(
            f"The name “{name}” of {function.__module__}.{function.__qualname__} is another Celery task's as well.",
            hint="Give one of the two another name: @task(name=...).",
            id="jobs.E001",
        )
        for name, function in _declared().items()
        if getattr(current_app.tasks.get(name), "__wrapped__", None) is not function
    ]


def check_queues(**_: Any) -> list[checks.CheckMessage]:
    """E002: a task's queue is none of the project's, so that every `enqueue` of it would be refused."""
    return [
        checks.Error(
            f"{task.name} runs on the queue “{task.queue}”, which JOBS_QUEUES does not have.",
            hint=f"Add it to JOBS_QUEUES, or choose one of {', '.join(settings.JOBS_QUEUES)}.",
            obj=task.name,
            id="jobs.E002",
        )
        for task in _tasks()
        if task.queue not in settings.JOBS_QUEUES
    ]


def check_defaults(**_: Any) -> list[checks.CheckMessage]:
    """W003: a parameter's default is of a type that no call could pass, and that the console could not edit."""
    return [
        checks.Warning(
            f"{task.name}: the default of “{parameter}”, {default!r}, is not JSON.",
            hint="Take a plain value, such as an id or an ISO date, and make the object of it in the task.",
            obj=task.name,
            id="jobs.W003",
        )
        for task in _tasks()
        for parameter, default in _defaults(task)
        if not _is_json(default)
    ]


def check_eager(**_: Any) -> list[checks.CheckMessage]:
    """E006: Celery is told to run tasks where they are called, in production."""
    if settings.DEBUG or not current_app.conf.task_always_eager:
        return []
    return [
        checks.Error(
            "CELERY_TASK_ALWAYS_EAGER is on without DEBUG: tasks would run in the process that calls them.",
            hint="Remove the setting; it is meant for tests.",
            id="jobs.E006",
        )
    ]


def check_lease(**_: Any) -> list[checks.CheckMessage]:
    """E007: leases are so short that a busy worker would lose jobs that it is still at."""
    least = timedelta(seconds=BEAT * BEATS_A_LEASE)
    if least <= settings.JOBS_LEASE:
        return []
    return [
        checks.Error(
            f"JOBS_LEASE is {settings.JOBS_LEASE.total_seconds():g} seconds; a worker looks after its leases every "
            f"{BEAT:g} seconds and needs at least {least.total_seconds():g}.",
            hint="30 seconds is a good value; it is how long a job waits when its worker vanished.",
            id="jobs.E007",
        )
    ]


def check_visibility(**_: Any) -> list[checks.CheckMessage]:
    """W008: Redis would hand out a message again while the task that it called is still within its time."""
    visible = timedelta(seconds=current_app.conf.broker_transport_options.get("visibility_timeout", 3600))
    return [
        checks.Warning(
            f"{task.name} may take {task.timeout}, and Redis hands its message out again after {visible}.",
            hint="Raise visibility_timeout in CELERY_BROKER_TRANSPORT_OPTIONS, or lower the task's timeout.",
            obj=task.name,
            id="jobs.W008",
        )
        for task in _tasks()
        if task.lane == "message" and task.timeout is not None and task.timeout >= visible
    ]


def check_database(databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """W004: migrations of the jobs are not applied. E005: an index that keeps statements quick is missing or broken."""
    return [message for alias in databases or () for message in _database(alias)]


def _database(alias: str) -> list[checks.CheckMessage]:
    applied, pending = _migrations(alias)
    if not applied:  # a database that `migrate` has yet to fill
        return []
    return [_lacking(alias, pending)] if pending else _broken_indexes(alias)


def _lacking(alias: str, pending: Sequence[str]) -> checks.CheckMessage:
    # A warning, since `migrate` itself runs the checks first.
    return checks.Warning(
        f"The database “{alias}” lacks the migrations {', '.join(pending)}.",
        hint="Run manage.py migrate.",
        id="jobs.W004",
    )


def _broken_indexes(alias: str) -> list[checks.CheckMessage]:
    wanted = _indexes()
    with connections[alias].cursor() as cursor:
        cursor.execute(USABLE_INDEXES, [list(wanted)])
        usable = {row[0] for row in cursor.fetchall()}
    return [
        checks.Error(
            f"The index {name} of {table} is missing or invalid in the database “{alias}”.",
            hint="Run REINDEX INDEX CONCURRENTLY where it is invalid; create it as the migrations do where it is gone.",
            id="jobs.E005",
        )
        for name, table in wanted.items()
        if name not in usable
    ]


def _migrations(alias: str) -> tuple[set[str], list[str]]:
    """Name the migrations of the jobs that a database has, and those that it lacks."""
    loader = MigrationLoader(connections[alias])
    applied = {name for app, name in loader.applied_migrations if app == "jobs"}
    wanted = {name for app, name in loader.graph.nodes if app == "jobs"}
    return applied, sorted(wanted - applied)


def _indexes() -> dict[str, str]:
    """Give the indexes that the models declare, unique constraints among them, with their tables."""
    models: list[type[Model]] = list(apps.get_app_config("jobs").get_models())
    return {
        declared.name: model._meta.db_table
        for model in models
        for declared in (*model._meta.indexes, *(c for c in model._meta.constraints if isinstance(c, UniqueConstraint)))
    }


def _tasks() -> list[Task[..., Any]]:
    load_tasks()
    return list(known_tasks().values())


def _declared() -> dict[str, Any]:
    load_tasks()
    return declared()


def _defaults(task: Task[..., Any]) -> Iterator[tuple[str, Any]]:
    for name, parameter in task.parameters.parameters.items():
        if parameter.default is not parameter.empty:
            yield name, parameter.default


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True
