"""Timeouts: a task that runs for too long is interrupted, and what comes after it is not."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group

from focusjobs.jobs import Fixed, JobTimeout, current_job, task
from focusjobs.jobs.context import JobContext
from focusjobs.jobs.models import Attempt, Job
from focusjobs.jobs.worker.pulse import Pulse
from focusjobs.jobs.worker.timeouts import time_limit
from tests import tasks
from tests.threads import at_once

from .drains import drain, states
from .rows import made_groups

SOON = timedelta(seconds=0.05)
LATER = timedelta(seconds=0.5)
"""Enough on a busy machine for a job that is quick."""
NEVER = threading.Event()


def jobs(test: Callable[..., None]) -> Callable[..., None]:
    """Mark a test that runs jobs."""
    return pytest.mark.django_db(transaction=True)(pytest.mark.usefixtures("pulse", "bells", "one_batch")(test))


def spin(seconds: float) -> None:
    """Stay in Python code for that long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def linger(seconds: float) -> None:
    """Stay for that long in many short waits, which leave the processor to others."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        NEVER.wait(0.005)


@task(name="tests.dawdle", timeout=LATER, attempts=2, backoff=Fixed(wait=timedelta(0)))
def dawdle(*, seconds: float, attempts: int = 99) -> int:
    """Take that long in the first attempts."""
    if current_job().attempt <= attempts:
        linger(seconds)
    return current_job().attempt


@task(name="tests.dawdle_atomic", timeout=LATER, atomic=True, attempts=1)
def dawdle_atomic(*, name: str, seconds: float = 0) -> None:
    """Write a row, then take that long."""
    Group.objects.create(name=name)
    linger(seconds)


@pytest.fixture(params=["main thread", "other thread"])
def place(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def do(place: str, function: Any) -> Any:
    return function() if place == "main thread" else at_once(function)[0]


# --- The limit itself ------------------------------------------------------------------------------------------------


def test_what_takes_too_long_is_interrupted_and_told_how_long_it_had(place: str) -> None:
    def run() -> float:
        began = time.monotonic()
        with (
            pytest.raises(JobTimeout, match=r"^It ran for longer than 0:00:00\.050000\.$"),
            time_limit(SOON, JobContext(1)),
        ):
            spin(10)
        return time.monotonic() - began

    assert SOON.total_seconds() <= do(place, run) < 5


def test_what_is_quick_enough_is_left_alone(place: str) -> None:
    def run() -> bool:
        with time_limit(timedelta(minutes=1), JobContext(1)):
            pass
        return True

    assert do(place, run)


def test_a_sleep_in_the_main_thread_is_interrupted() -> None:
    began = time.monotonic()
    with pytest.raises(JobTimeout), time_limit(SOON, JobContext(1)):
        NEVER.wait(20)
    assert time.monotonic() - began < 5


def test_a_limit_does_not_reach_into_what_comes_after_it(place: str) -> None:
    """The end of a block and its timer often come at the same moment."""

    def run() -> int:
        interrupted = 0
        limit = timedelta(seconds=0.002)
        for _ in range(60):
            try:
                with time_limit(limit, JobContext(1)):
                    spin(0.0019)
            except JobTimeout:
                interrupted += 1
            spin(0.001)  # would raise here
        return interrupted

    assert 0 <= do(place, run) <= 60


def test_the_alarm_and_its_handler_are_as_before() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(JobTimeout), time_limit(SOON, JobContext(1)):
        spin(10)
    assert signal.getsignal(signal.SIGALRM) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_task_that_catches_its_timeout_can_clean_up(place: str) -> None:
    def run() -> str:
        with time_limit(SOON, JobContext(1)):
            try:
                spin(10)
            except JobTimeout:
                spin(0.1)
                return "cleaned up"
        return "not interrupted"

    assert do(place, run) == "cleaned up"


def test_a_context_knows_when_its_time_is_over() -> None:
    context = JobContext(1)
    with time_limit(timedelta(minutes=1), context):
        assert context.overdue_at is not None
        assert 59 < context.overdue_at - time.monotonic() <= 60


# --- Jobs ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Claim all jobs of a test together."""
    monkeypatch.setattr("focusjobs.jobs.worker.drain.Pace.batch_size", lambda *_: 10)


@jobs
def test_a_job_that_takes_too_long_fails_its_attempt_and_is_tried_again(place: str) -> None:
    made = dawdle.enqueue(seconds=10, attempts=1)
    do(place, drain)
    job = Job.objects.get(pk=made.id)
    assert (job.state, job.attempt) == ("completed", 2)
    (attempt,) = Attempt.objects.all()
    assert (attempt.outcome, attempt.error) == ("failed", "JobTimeout: It ran for longer than 0:00:00.500000.")
    assert "linger" in attempt.traceback


@jobs
def test_a_job_that_always_takes_too_long_fails_for_good(place: str) -> None:
    made = dawdle.enqueue(seconds=10)
    do(place, drain)
    assert states([made.id]) == ["failed"]


@jobs
def test_the_next_job_of_the_batch_has_a_clock_of_its_own(place: str) -> None:
    late = dawdle.using(attempts=1).enqueue(seconds=10)
    good = [dawdle.using(attempts=1).enqueue(seconds=0.05) for _ in range(12)]  # together too long
    plain = tasks.add.enqueue(x=1, y=2)
    do(place, drain)
    assert states([late.id, *[job.id for job in good], plain.id]) == ["failed", *["completed"] * 13]


@jobs
def test_an_atomic_job_that_takes_too_long_leaves_nothing_and_its_group_everything_once(place: str) -> None:
    made = [
        dawdle_atomic.enqueue(name=name, seconds=10 if name == "slow" else 0) for name in ("a", "b", "slow", "c", "d")
    ]
    do(place, drain)
    assert states([job.id for job in made]) == ["completed", "completed", "failed", "completed", "completed"]
    assert made_groups() == ["a", "b", "c", "d"]
    assert [row.job_id for row in Attempt.objects.all()] == [made[2].id]


@jobs
def test_a_job_that_has_ended_is_not_overdue_however_long_its_end_takes_to_be_written(
    monkeypatch: pytest.MonkeyPatch, pulse: Pulse
) -> None:
    """The database may be away, or a slow job of its group still run."""
    monkeypatch.setattr("focusjobs.jobs.worker.pulse.GRACE", timedelta(seconds=-1))

    def slow(x: int, y: int) -> int:
        pulse.beat()
        return x + y

    monkeypatch.setattr(tasks.add, "run", slow)
    monkeypatch.setattr("focusjobs.jobs.worker.drain.GROUP", 60.0)
    tasks.add.enqueue(x=0, y=0)
    made = [dawdle.enqueue(seconds=0), tasks.add.enqueue(x=1, y=2)]
    drain()
    assert states([one.id for one in made]) == ["completed", "completed"]
    assert Attempt.objects.count() == 0
