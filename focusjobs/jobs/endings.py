"""What is done when a process that runs jobs ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from celery.signals import worker_process_shutdown, worker_shutdown


def at_process_end(act: Callable[[], None], name: str) -> None:
    """Call `act` when a child of a worker's pool, or a worker itself, ends in good order; nothing runs in it by then.

    name: under which it is connected; whoever uses it again replaces nothing, and `act` is called once.
    """

    def end(**kwargs: Any) -> None:
        act()

    worker_process_shutdown.connect(end, weak=False, dispatch_uid=f"{name}.child")
    worker_shutdown.connect(end, weak=False, dispatch_uid=f"{name}.main")
