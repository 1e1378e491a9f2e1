"""Workers of a test: drains in this thread, or several at once on connections of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

from focusjobs.jobs.models import Job
from focusjobs.jobs.worker import drain as worker

T = TypeVar("T")
PATIENCE = 30


def drain(*queues: str) -> None:
    """Run what is due until nothing is."""
    while any(worker.drain(queue) for queue in queues or ["default"]):
        pass


def at_once(*functions: Callable[[], T]) -> list[T]:
    """Call functions at the same moment, each in a thread with its own connection, and give their answers."""
    start = Barrier(len(functions), timeout=PATIENCE)

    def call(function: Callable[[], T]) -> T:
        start.wait()
        try:
            return function()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(functions)) as pool:
        answers = [pool.submit(call, function) for function in functions]
        return [answer.result(timeout=PATIENCE) for answer in answers]


def drain_with(workers: int, *queues: str) -> None:
    """Let that many workers drain queues at the same time until nothing is due."""
    at_once(*[lambda: drain(*queues)] * workers)


def states(numbers: Sequence[int]) -> list[str]:
    """Give the states of jobs in the order of their numbers."""
    return list(Job.objects.filter(pk__in=numbers).order_by("pk").values_list("state", flat=True))


def state(number: int) -> str:
    """Give a job's state."""
    return Job.objects.get(pk=number).state
