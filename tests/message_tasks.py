"""Tasks with a Celery message for each job; a worker loads them with `-I tests.tasks,tests.message_tasks`."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from celery import current_task
from celery.exceptions import Retry
from django.contrib.auth.models import Group

from focusjobs.jobs import Cancel, Fixed, Snooze, current_job, task
from focusjobs.jobs.declaring import definition

AT_ONCE = Fixed(wait=timedelta(0))


@task(lane="message", name="tests.plus")
def plus(x: int, y: int) -> int:
    """Give the sum."""
    return x + y


@task(lane="message", name="tests.total")
def total(numbers: list[int]) -> int:
    """Give the sum of what a chord's header gave."""
    return sum(numbers)


@task(lane="message", name="tests.break_down", attempts=2, backoff=AT_ONCE)
def break_down(*, times: int = 99) -> int:
    """Fail in the first attempts."""
    if current_job().attempt <= times:
        raise RuntimeError(f"attempt {current_job().attempt}")
    return current_job().attempt


@task(lane="message", name="tests.steer_message")
def steer(*, how: str, path: str) -> str:
    """Ask for another run in each of the ways there are, once."""
    if Path(path).exists():
        return how
    Path(path).touch()
    match how:
        case "self.retry":
            raise current_task.retry(countdown=0.1)
        case "Retry":
            raise Retry(when=0.1)
        case "Snooze":
            raise Snooze(timedelta(seconds=0.1))
        case _:
            raise Cancel(how)


@task(lane="message", name="tests.linger", timeout=timedelta(seconds=0.5), attempts=1)
def linger(*, seconds: float) -> None:
    """Sleep that long."""
    time.sleep(seconds)


@task(lane="message", name="tests.wait_for_gate", attempts=3)
def wait_for_gate(*, path: str) -> str:
    """Leave a mark, then wait until a file exists."""
    Path(f"{path}.started").touch()
    while not Path(path).exists():
        time.sleep(0.02)
    return "through"


@task(lane="message", name="tests.make_group_by_message", atomic=True)
def make_group(*, name: str) -> None:
    """Write a row in the transaction that completes the job."""
    Group.objects.create(name=name)


@task(name="tests.sleep_too_long", timeout=timedelta(seconds=0.3), attempts=1)
def sleep_too_long() -> None:
    """Sleep in short steps, so that a thread can be interrupted."""
    for _ in range(500):
        time.sleep(0.02)


with patch.object(definition, "GRACE", timedelta(seconds=1)):  # ten seconds would make the test slow

    @task(lane="message", name="tests.stubborn", timeout=timedelta(seconds=0.5), attempts=2, backoff=AT_ONCE)
    def stubborn(*, path: str) -> None:
        """Ignore every exception in the first attempt."""
        mark = Path(path)
        mark.write_text(f"{mark.read_text() if mark.exists() else ''}.")
        end = time.monotonic() + 20
        while time.monotonic() < end and mark.read_text() == ".":
            try:
                time.sleep(0.02)
            except Exception:  # noqa: S112 - it is what this task is for
                continue

    @task(lane="message", name="tests.hopeless", timeout=timedelta(seconds=0.5), attempts=1)
    def hopeless() -> None:
        """Ignore every exception."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                time.sleep(0.02)
            except Exception:  # noqa: S112 - it is what this task is for
                continue
