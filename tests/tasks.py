"""Tasks that exist only for tests; a worker loads them with `-I tests.tasks`."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta
from pathlib import Path

from celery import shared_task
from django.contrib.auth.models import Group

from focusjobs.jobs import Cancel, Fixed, Snooze, current_job, task

AT_ONCE = Fixed(wait=timedelta(0))


@task()
def add(*, x: int, y: int) -> int:
    """Give the sum."""
    return x + y


@task(attempts=3, backoff=AT_ONCE)
def fail(*, message: str) -> None:
    """Fail in every attempt."""
    raise RuntimeError(message)


@task(attempts=3, backoff=AT_ONCE)
def fail_first(*, times: int) -> int:
    """Fail in the first attempts, then give the number of the attempt."""
    if current_job().attempt <= times:
        raise RuntimeError(f"attempt {current_job().attempt}")
    return current_job().attempt


@task(attempts=3)
def steer(*, how: str) -> None:
    """Cancel or put off the job from inside."""
    raise Cancel("no longer wanted") if how == "cancel" else Snooze(timedelta(hours=1))


@task()
def report(*, steps: int) -> None:
    """Report progress and write log lines."""
    for step in range(1, steps + 1):
        current_job().progress(step, steps, "counting")
        current_job().log(f"step {step}")


@task()
def give_back(*, value: object) -> object:
    """Return what came in."""
    return value


@task()
def return_a_set() -> object:
    """Return something that JSON cannot hold."""
    return {1}


@task(atomic=True, attempts=2, backoff=AT_ONCE)
def make_group(*, name: str, fail: bool = False) -> None:
    """Write a row in the transaction that completes the job."""
    Group.objects.create(name=name)
    if fail:
        raise RuntimeError("after the row")


@task(atomic=True, backoff=AT_ONCE)
def wait_for_file(*, name: str, path: str) -> None:
    """Write a row, then wait until a file exists."""
    Group.objects.create(name=name)
    while not Path(path).exists():
        time.sleep(0.02)


@task(atomic=True)
def write_after_file(*, name: str, path: str) -> None:
    """Wait until a file exists, then write a row that tells which process wrote it."""
    while not Path(path).exists():
        time.sleep(0.02)
    Group.objects.create(name=f"{name} by {os.getpid()}")


@shared_task(name="elsewhere.block_until_file", acks_late=True, ignore_result=True)
def block_until_file(*, path: str) -> None:
    """Wait until a file exists; a task of another package, of which the ledger knows nothing."""
    while not Path(path).exists():
        time.sleep(0.02)


@task()
def kill_own_process() -> None:
    """End the worker's process as the kernel's out-of-memory killer would."""
    os.kill(os.getpid(), signal.SIGKILL)


@task()
def run_until_cancelled(*, path: str) -> None:
    """Run until the job is cancelled, then leave a file behind."""
    while not current_job().is_cancelled():
        time.sleep(0.02)
    Path(path).touch()
