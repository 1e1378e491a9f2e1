"""Timeouts of tasks: an exception inside the task first; its process is killed if it goes on all the same.

In the main thread of a process (Celery's prefork and solo pools) a timer's signal interrupts whatever the task waits
for. In a thread of a thread pool the exception reaches the task when it next runs Python code.
"""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from types import FrameType

from ..context import JobContext
from ..errors import JobTimeout


def time_limit(timeout: timedelta, context: JobContext) -> AbstractContextManager[None]:
    """Raise `JobTimeout` in the block after this time."""
    context.start_clock(timeout)
    if threading.current_thread() is threading.main_thread():
        return _by_signal(timeout)
    return _by_thread(timeout)


@contextmanager
def _by_signal(timeout: timedelta) -> Iterator[None]:
    def ring(number: int, frame: FrameType | None) -> None:
        raise JobTimeout(f"It ran for longer than {timeout}.")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, timeout.total_seconds())
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _by_thread(timeout: timedelta) -> Iterator[None]:
    lock, running = threading.Lock(), threading.get_ident()
    over = False

    def ring() -> None:
        with lock:
            if not over:
                _raise_in(running, JobTimeout)

    timer = threading.Timer(timeout.total_seconds(), ring)
    timer.daemon = True
    lock.acquire()  # until the block has begun: nothing that starts a thread bears an exception in its middle
    timer.start()
    try:
        lock.release()
        yield
    except JobTimeout as error:
        raise JobTimeout(f"It ran for longer than {timeout}.") from error
    finally:
        timer.cancel()
        with lock:
            over = True
            _raise_in(running, None)


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    """Let a thread raise an exception when it next runs Python code; None takes back one that it has not raised."""
    what = ctypes.py_object(error) if error else None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), what)
