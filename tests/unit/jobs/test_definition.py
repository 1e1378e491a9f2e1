"""Tasks and what is refused where a job is enqueued."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import celery
import pytest

from focusjobs.jobs import EnqueuedJob, InvalidJob, task
from focusjobs.jobs.declaring.call import MAX_PAYLOAD, MAX_PRIORITY, encode
from focusjobs.jobs.declaring.definition import Task, default_name
from focusjobs.jobs.domain.job import NewJob
from focusjobs.jobs.errors import DuplicateKey, InvalidArguments, InvalidTask, NotJSON, PayloadTooLarge
from tests import tasks

SUMMER = datetime(2026, 7, 1, tzinfo=UTC)


class FakeLedger:
    """Keeps what would have been written."""

    def __init__(self) -> None:
        self.jobs: list[NewJob] = []

    def insert(self, jobs: list[NewJob]) -> list[EnqueuedJob]:
        self.jobs += jobs
        return [EnqueuedJob(id=number) for number, _ in enumerate(jobs, start=1)]

    def insert_many(self, common: NewJob, rows: list[tuple[str, str | None, str | None]]) -> list[EnqueuedJob]:
        return self.insert([replace(common, arguments=text, unique_key=key) for text, key, _ in rows])


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[NewJob]:
    """The jobs that would have been written."""
    ledger = FakeLedger()
    monkeypatch.setattr("focusjobs.jobs.declaring.call._ledger", lambda: ledger)
    return ledger.jobs


def refusal(error: type[Exception], call: Callable[[], Any]) -> str:
    with pytest.raises(error) as caught:
        call()
    assert caught.type is error
    return str(caught.value)


# --- Declaration -----------------------------------------------------------------------------------------------------


def test_a_task_is_a_celery_task_that_celery_lists() -> None:
    assert isinstance(tasks.add, celery.Task)
    assert isinstance(tasks.add, Task)
    assert celery.current_app.tasks["tests.add"].name == "tests.add"


def test_a_plain_call_runs_the_function_and_writes_nothing(written: list[NewJob]) -> None:
    assert tasks.add(x=1, y=2) == 3
    assert written == []


def test_a_name_is_made_of_the_app_and_the_function() -> None:
    def import_backup() -> None: ...

    import_backup.__module__ = "habits.tasks"
    assert default_name(import_backup) == "habits.import_backup"
    import_backup.__module__ = "habits.sync"
    assert default_name(import_backup) == "habits.sync.import_backup"


def test_a_function_whose_arguments_have_no_names_is_no_task() -> None:
    def many(*args: int) -> None: ...
    def any_name(**kwargs: int) -> None: ...
    def nameless(x: int, /) -> None: ...

    for function, parameter in ((many, "*args: 'int'"), (any_name, "**kwargs: 'int'"), (nameless, "x: 'int'")):
        sentence = f"{function.__qualname__}: “{parameter}” has no name under which it could be stored."
        assert refusal(InvalidTask, lambda function=function: task()(function)) == sentence


def test_a_task_is_tried_at_least_once() -> None:
    def never() -> None: ...

    sentence = f"{never.__qualname__}: attempts counts tries in all and is at least 1."
    assert refusal(InvalidTask, lambda: task(attempts=0)(never)) == sentence


# --- Arguments -------------------------------------------------------------------------------------------------------


def test_arguments_are_stored_by_name_and_defaults_are_left_to_the_task(written: list[NewJob]) -> None:
    tasks.add.enqueue(x=1, y=2)
    tasks.make_group.enqueue(name="é")
    assert [(job.task, job.arguments) for job in written] == [
        ("tests.add", '{"x":1,"y":2}'),
        ("tests.make_group", '{"name":"é"}'),
    ]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"x": 1}, "missing a required argument: 'y'"),
        ({"x": 1, "y": 2, "z": 3}, "got an unexpected keyword argument 'z'"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments: dict[str, int], reason: str) -> None:
    sentence = f"tests.add(*, x: 'int', y: 'int') -> 'int': {reason}."
    assert refusal(InvalidArguments, lambda: tasks.add.enqueue(**arguments)) == sentence
    assert refusal(InvalidArguments, lambda: tasks.add.delay(**arguments)) == sentence
    assert refusal(InvalidArguments, lambda: tasks.add.enqueue_many([{"x": 1, "y": 2}, arguments])) == sentence


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (SUMMER, "Object of type datetime is not JSON serializable"),
        ({1}, "Object of type set is not JSON serializable"),
        (float("nan"), "Out of range float values are not JSON compliant"),
        (float("inf"), "Out of range float values are not JSON compliant"),
    ],
)
def test_what_json_cannot_hold_is_refused(value: object, reason: str) -> None:
    sentence = refusal(NotJSON, lambda: tasks.give_back.enqueue(value=value))
    assert sentence.startswith(f"tests.give_back: an argument is not JSON: {reason}")
    assert sentence.endswith(". Pass ids and plain values.")


def test_an_argument_that_holds_itself_is_refused() -> None:
    circle: list[object] = []
    circle.append(circle)
    sentence = "tests.give_back: an argument is not JSON: Circular reference detected. Pass ids and plain values."
    assert refusal(NotJSON, lambda: tasks.give_back.enqueue(value=circle)) == sentence


@pytest.mark.parametrize("value", ["a\0b", "\0", "\\\0", {"key\0": 1}, ["deep", ["\0"]]])
def test_a_nul_anywhere_in_the_arguments_is_refused(value: object) -> None:
    sentence = "tests.give_back: an argument holds a NUL character, which PostgreSQL cannot keep."
    assert refusal(NotJSON, lambda: tasks.give_back.enqueue(value=value)) == sentence


@pytest.mark.parametrize("value", ["\\u0000", "C:\\users\\u0000", "\\\\u0000", {"\\u0000": 1}])
def test_a_text_about_a_nul_is_not_taken_for_one(written: list[NewJob], value: object) -> None:
    tasks.give_back.enqueue(value=value)
    assert len(written) == 1


def test_half_of_a_surrogate_pair_is_refused() -> None:
    sentence = refusal(NotJSON, lambda: tasks.give_back.enqueue(value="\udc80"))
    assert sentence.endswith("surrogates not allowed. Pass ids and plain values.")


def test_arguments_may_take_256_kibibytes_and_not_a_byte_more() -> None:
    frame = len('{"value":""}')
    assert len(encode("t", {"value": "x" * (MAX_PAYLOAD - frame)})) == MAX_PAYLOAD == 256 * 1024
    assert encode("t", {"value": "é" * ((MAX_PAYLOAD - frame) // 2)})
    sentence = "t: 262,145 bytes of arguments; 262,144 are allowed. Store the data and pass its id."
    assert refusal(PayloadTooLarge, lambda: encode("t", {"value": "x" * (MAX_PAYLOAD - frame + 1)})) == sentence
    assert refusal(PayloadTooLarge, lambda: encode("t", {"value": "é" * 131_066 + "x"})) == sentence


# --- Options ---------------------------------------------------------------------------------------------------------


def test_a_job_takes_its_tasks_options_unless_the_call_has_its_own(written: list[NewJob]) -> None:
    tasks.fail.enqueue(message="m")
    tasks.fail.using(queue="imports", priority=7, attempts=9, unique_key="k", user=5).enqueue(message="m")
    job, own = written
    assert (job.queue, job.priority, job.max_attempts, job.unique_key, job.user_id) == ("default", 0, 3, None, None)
    assert (own.queue, own.priority, own.max_attempts, own.unique_key, own.user_id) == ("imports", 7, 9, "k", 5)
    assert own.unique_while_active


def test_a_key_until_the_start_is_not_kept_by_a_running_job(written: list[NewJob]) -> None:
    tasks.add.using(unique_key="k", unique_until="started").enqueue(x=1, y=2)
    assert written[0].unique_while_active is False


@pytest.mark.parametrize("option", ["run_after", "expires_at"])
def test_a_moment_without_a_time_zone_is_refused(option: str) -> None:
    naive = SUMMER.replace(tzinfo=None)
    sentence = f"{option} needs a time zone; use django.utils.timezone.now() or datetime.now(UTC)."
    assert refusal(InvalidJob, lambda: tasks.add.using(**{option: naive}).enqueue(x=1, y=2)) == sentence


def test_run_after_is_a_moment_or_a_length(written: list[NewJob]) -> None:
    tasks.add.using(run_after=SUMMER).enqueue(x=1, y=2)
    tasks.add.using(run_after=timedelta(hours=1)).enqueue(x=1, y=2)
    assert [(job.run_at, job.delay) for job in written] == [(SUMMER, None), (None, timedelta(hours=1))]


@pytest.mark.parametrize("priority", [-1, MAX_PRIORITY + 1, 1.5, float("nan"), "high"])
def test_a_priority_that_is_no_whole_number_in_range_is_refused(priority: Any) -> None:
    sentence = f"tests.add: a priority is a whole number from 0 to 2097151, not {priority!r}."
    assert refusal(InvalidJob, lambda: tasks.add.using(priority=priority).enqueue(x=1, y=2)) == sentence


@pytest.mark.parametrize("attempts", [0, -1, 2.5, 1_000_001])
def test_a_number_of_attempts_that_cannot_be_meant_is_refused(attempts: Any) -> None:
    sentence = f"tests.add: attempts is a whole number from 1 to 1000000, not {attempts!r}."
    assert refusal(InvalidJob, lambda: tasks.add.using(attempts=attempts).enqueue(x=1, y=2)) == sentence


@pytest.mark.parametrize("key", ["", "k" * 201, "a\0b", "\ud800"])
def test_a_unique_key_that_the_ledger_cannot_keep_is_refused(key: str) -> None:
    sentence = f"tests.add: a unique_key is a text of 1 to 200 characters, not {key[:50]!r}."
    assert refusal(InvalidJob, lambda: tasks.add.using(unique_key=key).enqueue(x=1, y=2)) == sentence


# --- Many at once ----------------------------------------------------------------------------------------------------


def test_a_key_of_many_jobs_is_a_template(written: list[NewJob]) -> None:
    tasks.add.using(unique_key="sum:{x}+{y}").enqueue_many({"x": x, "y": 1} for x in (1, 2))
    assert [job.unique_key for job in written] == ["sum:1+1", "sum:2+1"]


def test_a_template_that_names_no_argument_is_refused() -> None:
    sentence = "tests.add: the unique_key “sum:{z}” needs 'z', which a call lacks."
    assert (
        refusal(InvalidJob, lambda: tasks.add.using(unique_key="sum:{z}").enqueue_many([{"x": 1, "y": 2}])) == sentence
    )


def test_the_same_key_twice_in_one_call_is_refused(written: list[NewJob]) -> None:
    calls = [{"x": 1, "y": 1}, {"x": 1, "y": 2}]
    sentence = "tests.add: two of these calls have the same unique_key."
    assert refusal(DuplicateKey, lambda: tasks.add.using(unique_key="{x}").enqueue_many(calls)) == sentence
    assert written == []


def test_many_jobs_of_none_is_nothing(written: list[NewJob]) -> None:
    assert tasks.add.enqueue_many([]) == []
    assert written == []


# --- Celery's own way ------------------------------------------------------------------------------------------------


def test_celerys_calls_make_jobs_with_their_options(written: list[NewJob]) -> None:
    assert tasks.add.delay(x=1, y=2).id == EnqueuedJob(id=1).task_id
    tasks.add.apply_async(kwargs={"x": 1, "y": 2}, countdown=60, priority=3, queue="imports")
    tasks.add.apply_async(kwargs={"x": 1, "y": 2}, eta=SUMMER, expires=SUMMER + timedelta(days=1))
    plain, soon, later = written
    assert (plain.run_at, plain.delay, plain.queue) == (None, None, "default")
    assert (soon.delay, soon.priority, soon.queue) == (timedelta(minutes=1), 3, "imports")
    assert (later.run_at, later.expires_at) == (SUMMER, SUMMER + timedelta(days=1))


def test_expires_in_seconds_counts_from_now(written: list[NewJob]) -> None:
    before = datetime.now(UTC)
    tasks.add.apply_async(kwargs={"x": 1, "y": 2}, expires=90)
    expires_at = written[0].expires_at
    assert expires_at is not None
    assert before <= expires_at - timedelta(seconds=90) <= datetime.now(UTC)


def test_what_the_ledger_cannot_do_for_a_celery_call_is_refused() -> None:
    kwargs = {"x": 1, "y": 2}
    sentence = 'tests.add: chain, link need a task declared with lane="message".'
    assert refusal(InvalidJob, lambda: tasks.add.apply_async(kwargs=kwargs, link="l", chain=["c"])) == sentence
    sentence = 'tests.add: task_id need a task declared with lane="message".'
    assert refusal(InvalidJob, lambda: tasks.add.apply_async(kwargs=kwargs, task_id="mine")) == sentence
