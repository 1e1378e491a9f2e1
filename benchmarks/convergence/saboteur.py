"""Kills web servers and workers, each time while they are in the middle of a merge."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.convergence.tier import Web, Worker
from benchmarks.servers import database

PAUSE = (0.5, 2.0)
"""Seconds between two strikes."""

PATIENCE = 3.0
"""Seconds to wait until somebody is in the middle of a merge."""


class Saboteur(threading.Thread):
    """Strikes until it is told to stop; whoever was killed is started again."""

    def __init__(self, web: Web, worker: Worker, dice: random.Random) -> None:
        super().__init__(daemon=True)
        self.web, self.worker, self.dice = web, worker, dice
        self.strikes: Counter[str] = Counter()
        self.enough = threading.Event()
        self.error: BaseException | None = None

    def run(self) -> None:
        """Strike again and again."""
        try:
            while not self.enough.wait(self.dice.uniform(*PAUSE)):
                self._strike()
        except BaseException as error:
            self.error = error
            raise

    def stop(self) -> None:
        """Let the last strike be over. Raises what went wrong."""
        self.enough.set()
        self.join()
        if self.error:
            raise self.error

    def _strike(self) -> None:
        tier, whole = self.dice.choice(((self.web, False), (self.worker, False), (self.worker, True)))
        with _merges_stand_still():
            middle = _wait(tier.in_the_middle)
            (tier.kill if whole else tier.kill_children)()
        self.strikes[f"{tier.name}{'' if whole else '_children'}{'_mid_merge' if middle else ''}"] += 1
        if whole:
            tier.start()


@contextmanager
def _merges_stand_still() -> Iterator[None]:
    """Let every merge stop where it would write days, after it has written habits."""
    with database() as connection:
        connection.autocommit = False
        connection.execute("LOCK TABLE habits_completion IN SHARE ROW EXCLUSIVE MODE")
        yield


def _wait(condition: Callable[[], object]) -> bool:
    until = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True
