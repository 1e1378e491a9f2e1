"""Housekeeping of the ledger: due jobs, schedules and queues, vanished workers, lost wake-ups, and what is too old.

Every worker runs it in a thread of its main process (`focusjobs.jobs.worker.bootstep`); a lock in the database lets one
of them at a time do the round, so that there is no process to forget and none to fail alone.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import redis
from django.db import connection, transaction

from focusjobs.sql import rows

from .. import error_groups, ledger, operations, schedules
from ..interventions import queues, retention
from ..ledger.locks import Lock, try_to_hold
from ..operations import background
from ..schedules import syncing as schedule_sync
from ..telling import rounds, wakeups
from . import heart
from .publishing import forgive_lost_messages

logger = logging.getLogger(__name__)

INTERVAL = 0.5
"""Seconds between two rounds; how late a delayed job may be, and how long a lost wake-up costs."""

FOLDS = 4
"""Batches of failures that one round counts: 40,000 a second are counted as they come."""

CHORES = 60.0
"""Seconds between two rounds of what need not be done at once."""

_prune = retention.Pruner()

FROZEN = "10s"
"""How long the database waits for the next word of a round: a machine that froze in it must not keep the lock."""

# Has the database end a transaction that is idle for so long.
END_WHERE_FROZEN = "SELECT set_config('idle_in_transaction_session_timeout', %s, true)"


def keep_house() -> bool:
    """Do one round unless another worker is at it; tell whether it was done."""
    with transaction.atomic():
        rows(END_WHERE_FROZEN, [FROZEN])
        if not try_to_hold(Lock.HOUSEKEEPING):
            return False
        ledger.promote()
        ledger.reap()
        forgive_lost_messages()
        queues.resume_due()
        ring_for = ledger.queues_with_work()
    for queue in ring_for:
        wakeups.ring(queue, lost=True)
    schedules.tick()
    background.wake()
    error_groups.fold(rounds=FOLDS)
    _prune()
    _chores()
    rounds.note_round()
    return True


class Chores:
    """What is done once a minute."""

    def __init__(self) -> None:
        self.due = 0.0

    def __call__(self) -> None:
        """Do it if it is time to."""
        if time.monotonic() < self.due:
            return
        self.due = time.monotonic() + CHORES
        error_groups.open_again()
        error_groups.forget_old()
        operations.forget_previews()
        heart.forget_old()


_chores = Chores()


class Housekeeper(threading.Thread):
    """Does a round every `INTERVAL` until it is stopped; where the database is away, it goes on trying."""

    def __init__(self, *duties: Callable[[], None]) -> None:
        super().__init__(name="housekeeper", daemon=True)
        self._duties = duties
        self._stopped = threading.Event()
        self._synced = False

    def run(self) -> None:
        """Do rounds until `stop`, after bringing the declared schedules into the table."""
        while not self._stopped.wait(INTERVAL):
            try:
                self._sync_once()
                keep_house()
                for see_to_it in self._duties:
                    see_to_it()
            except redis.RedisError as error:
                logger.warning("Redis is away; trying again", extra={"error": str(error)})
            except Exception:  # whatever it is, due jobs and vanished workers must be seen to again
                logger.exception("housekeeping failed; trying again")
                connection.close()
        connection.close()

    def _sync_once(self) -> None:
        if not self._synced:
            schedule_sync.sync()
            self._synced = True

    def stop(self) -> None:
        """End after the round under way."""
        self._stopped.set()
