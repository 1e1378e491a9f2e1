"""The one runtime of each process.

It is made when a process first sends something, so after a worker has forked: connections cannot be shared between
processes.
"""

from __future__ import annotations

import atexit
import os
import threading

from .runtime import Runtime

_runtimes: dict[int, Runtime] = {}
"""By process id: a child inherits its parent's entry, and must neither use nor end those connections."""

_guard = threading.Lock()


def runtime() -> Runtime:
    """Give the runtime of this process, made anew if there is none or it has ended."""
    with _guard:
        found = _runtimes.get(os.getpid())
        if found is None or found.has_ended:
            found = _runtimes[os.getpid()] = Runtime()
        return found


def close(seconds: float = 20.0) -> None:
    """End the runtime of this process, if it has one: to be called before a worker process ends."""
    found = _runtimes.get(os.getpid())
    if found is not None:
        found.close(seconds)


def _renew_guard() -> None:
    """Have a free lock in a forked process, whatever a thread of the parent was doing."""
    global _guard
    _guard = threading.Lock()


os.register_at_fork(after_in_child=_renew_guard)
atexit.register(close)
