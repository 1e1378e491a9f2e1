"""Functions that run beside a test or at the same moment, each on a connection of its own, as in other processes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

T = TypeVar("T")

PATIENCE = 60
"""Seconds after which an answer is no longer waited for."""


def beside(function: Callable[[], T]) -> Callable[[], T]:
    """Start a function in a thread, and give what waits for its answer or raises its error."""
    pool = ThreadPoolExecutor(1)
    answer = pool.submit(_on_own_connection, function)
    pool.shutdown(wait=False)
    return lambda: answer.result(PATIENCE)


def at_once(*functions: Callable[[], T]) -> list[T]:
    """Call functions at the same moment, each in a thread, and give their answers; raises the first error of one."""
    start = Barrier(len(functions), timeout=PATIENCE)

    def call(function: Callable[[], T]) -> T:
        start.wait()
        return _on_own_connection(function)

    with ThreadPoolExecutor(len(functions)) as pool:
        answers = [pool.submit(call, function) for function in functions]
        return [answer.result(PATIENCE) for answer in answers]


def _on_own_connection(function: Callable[[], T]) -> T:
    try:
        return function()
    finally:
        connection.close()
