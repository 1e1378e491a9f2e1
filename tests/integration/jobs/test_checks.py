"""System checks of the job layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from celery import current_app, shared_task
from django.core.checks import CheckMessage, run_checks
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from focusjobs.jobs import checks, task
from focusjobs.jobs.declaring import definition
from focusjobs.jobs.declaring.definition import Task
from focusjobs.jobs.errors import InvalidTask


@pytest.fixture
def declare(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Task[..., Any]]]:
    """Declares tasks that are forgotten again."""
    monkeypatch.setattr(definition, "_functions", dict(definition._functions))
    before = set(current_app.tasks)

    def add(function: Callable[..., Any], **options: Any) -> Task[..., Any]:
        made = task(**options)(function)
        current_app.tasks[made.name]  # Celery makes a shared task when it is first asked for
        return made

    yield add
    for name in set(current_app.tasks) - before:
        current_app.tasks.unregister(name)


def ids(messages: list[CheckMessage]) -> list[str | None]:
    assert all(message.hint for message in messages)
    return [message.id for message in messages]


# --- Tasks -----------------------------------------------------------------------------------------------------------


def one(*, x: int) -> None: ...


def other(*, x: int) -> None: ...


def test_two_functions_cannot_have_one_name(declare: Callable[..., Any]) -> None:
    declare(one, name="tests.twice")
    with pytest.raises(InvalidTask, match=r"other: the task tests\.twice is .*\.one already"):
        declare(other, name="tests.twice")


def test_a_module_may_be_loaded_again(declare: Callable[..., Any]) -> None:
    declare(one, name="tests.again")
    declare(one, name="tests.again")
    assert checks.check_names() == []


def test_a_name_that_a_plain_celery_task_has_is_an_error(declare: Callable[..., Any]) -> None:
    shared_task(name="tests.taken")(other)
    current_app.tasks["tests.taken"]
    declare(one, name="tests.taken")
    (error,) = checks.check_names()
    assert ids([error]) == ["jobs.E001"]
    assert "tests.taken" in error.msg


def test_a_task_on_an_unknown_queue_is_an_error(declare: Callable[..., Any]) -> None:
    declare(one, name="tests.lost", queue="nowhere")
    (error,) = checks.check_queues()
    assert ids([error]) == ["jobs.E002"]
    assert error.msg == "tests.lost runs on the queue “nowhere”, which JOBS_QUEUES does not have."


def test_a_default_that_is_not_json_is_a_warning(declare: Callable[..., Any]) -> None:
    def odd(*, fine: str = "x", much: float = float("inf"), wait: timedelta = timedelta(1)) -> None: ...

    declare(odd, name="tests.odd")
    messages = checks.check_defaults()
    assert ids(messages) == ["jobs.W003", "jobs.W003"]
    assert ["“much”" in messages[0].msg, "“wait”" in messages[1].msg] == [True, True]


def test_a_task_with_its_own_message_must_end_before_redis_sends_it_again(
    declare: Callable[..., Any],
) -> None:
    made = declare(one, name="tests.long", timeout=timedelta(hours=7))
    assert checks.check_visibility() == []
    made.lane = "message"
    assert ids(checks.check_visibility()) == ["jobs.W008"]
    made.timeout = timedelta(hours=5)
    assert checks.check_visibility() == []


# --- Settings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("eager", "debug", "expected"), [(True, False, ["jobs.E006"]), (True, True, []), (False, False, [])]
)
def test_eager_tasks_are_an_error_in_production(
    eager: bool, debug: bool, expected: list[str], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEBUG = debug
    monkeypatch.setattr(checks, "current_app", SimpleNamespace(conf=SimpleNamespace(task_always_eager=eager)))
    assert ids(checks.check_eager()) == expected


@pytest.mark.parametrize(("seconds", "expected"), [(1, ["jobs.E007"]), (2.9, ["jobs.E007"]), (3, []), (30, [])])
def test_a_lease_of_a_few_beats_is_an_error(seconds: float, expected: list[str], settings: Settings) -> None:
    settings.JOBS_LEASE = timedelta(seconds=seconds)
    assert ids(checks.check_lease()) == expected


# --- Database --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_migrated_database_has_all_it_needs() -> None:
    assert checks.check_database(databases=["default"]) == []


def test_the_database_is_left_alone_unless_it_is_asked_for() -> None:
    assert checks.check_database() == []


@pytest.mark.django_db
def test_a_missing_index_is_an_error() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX job_ready")
    (error,) = checks.check_database(databases=["default"])
    assert ids([error]) == ["jobs.E005"]
    assert error.msg == "The index job_ready of jobs_job is missing or invalid in the database “default”."


@pytest.mark.django_db
def test_an_index_that_could_not_be_built_is_an_error() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'job_leased'::regclass")
    assert ids(checks.check_database(databases=["default"])) == ["jobs.E005"]


@pytest.mark.django_db
def test_a_pending_migration_is_a_warning_so_that_migrate_can_run() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_migrations SET name = '0000_before' WHERE app = 'jobs' AND name = '0001_initial'")
    (warning,) = checks.check_database(databases=["default"])
    assert ids([warning]) == ["jobs.W004"]
    assert "0001_initial" in warning.msg


@pytest.mark.django_db
def test_a_database_before_its_first_migration_is_not_complained_of() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'jobs'")
        cursor.execute("DROP INDEX job_ready")
    assert checks.check_database(databases=["default"]) == []


# --- All of them -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_django_runs_the_checks_and_this_project_passes_them() -> None:
    assert run_checks(tags=["jobs"], databases=["default"]) == []
    call_command("check", "--database", "default", "--tag", "jobs")
