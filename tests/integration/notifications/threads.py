"""Several workers at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db import connection


def in_threads(number: int, act: Callable[[], object]) -> None:
    """Do something in so many threads, which begin together, and wait until all have done it."""
    barrier = threading.Barrier(number)

    def run() -> None:
        try:
            barrier.wait(timeout=60)
            act()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
