"""What the job layer adds to a Celery worker: a housekeeper, somebody who stands by, lasting database connections."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import redis
from celery import bootsteps
from celery.signals import task_prerun, task_received, worker_shutting_down
from celery.worker import state
from django.conf import settings
from django.db import Error, close_old_connections, connection

from ..endings import at_process_end
from ..telling import tally, wakeups
from .heart import Heart
from .maintenance import Housekeeper
from .standby import Roster

logger = logging.getLogger(__name__)


class Housekeeping(bootsteps.StartStopStep):
    """Starts and stops the housekeeper with the worker, after its pool."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, **kwargs: Any) -> None:
        super().__init__(parent, **kwargs)
        self.housekeeper: Housekeeper | None = None
        self.duty: Duty | None = None
        self.heart: Heart | None = None

    def start(self, parent: Any) -> None:
        """Begin to keep house, to give signs of life and to see that a process stands by."""
        self.heart = Heart(parent)
        self.duty = Duty(parent) if _has_slots(parent) else None
        duties = [self.heart.beat, self.duty.see_to_it] if self.duty else [self.heart.beat]
        self.housekeeper = Housekeeper(*duties)
        self.housekeeper.start()

    def stop(self, parent: Any) -> None:
        """End housekeeping."""
        if self.housekeeper:
            self.housekeeper.stop()
        if self.duty:
            self.duty.end()
        if self.heart:
            _say_goodbye(self.heart)

    terminate = stop


def _say_goodbye(heart: Heart) -> None:
    try:
        heart.stop()
    except Error as error:
        logger.warning("the end of this worker was not noted", extra={"error": str(error)})
    finally:
        connection.close()


class Duty:
    """Sees that one process of a worker stands by, and that it makes room when the pool needs its slot."""

    def __init__(self, worker: Any) -> None:
        self.worker = worker
        self.roster = Roster(worker.hostname)
        self.is_over = False
        task_received.connect(self._on_received, weak=False)
        worker_shutting_down.connect(self._on_shutdown, weak=False)

    def see_to_it(self) -> None:
        """Renew the roster, and wake a process where none stands by. Raises `redis.RedisError`."""
        queues = [name for name in self.worker.app.amqp.queues.consume_from if name in settings.JOBS_QUEUES]
        if queues and not self.is_over:
            self.roster.publish(queues)
            if self.is_over:  # since the look above
                self.roster.close()
            elif self._has_free_slot() and self.roster.is_vacant():
                wakeups.ring(queues[0], lost=True)

    def end(self) -> None:
        """Listen to the worker no longer."""
        task_received.disconnect(self._on_received)
        worker_shutting_down.disconnect(self._on_shutdown)

    def _on_received(self, **kwargs: Any) -> None:
        if not self._has_free_slot():
            self._relieve()

    def _has_free_slot(self) -> bool:
        return len(state.reserved_requests) < int(self.worker.pool.num_processes)

    def _on_shutdown(self, **kwargs: Any) -> None:
        self.is_over = True
        self._tell(self.roster.close)

    def _relieve(self) -> None:
        self._tell(self.roster.relieve)

    def _tell(self, what: Callable[[], None]) -> None:
        try:
            what()
        except redis.RedisError as error:
            logger.warning("could not make room", extra={"error": str(error)})


def _has_slots(worker: Any) -> bool:
    """Tell whether a process of the pool can wait while the worker goes on; the solo pool's cannot."""
    return "solo" not in worker.pool_cls.__module__


def count_to_the_end() -> None:
    """Write what a process has counted when it ends in good order: a pool's child, or a worker of threads."""
    at_process_end(_flush_counts, "focusjobs.jobs.count_to_the_end")


def _flush_counts() -> None:
    try:
        tally.of_process.flush()
    except Error as error:
        logger.warning("the last counts were not written", extra={"error": str(error)})


def keep_connections() -> None:
    """Check database connections before each task: an old or broken one is replaced, any other is kept."""
    task_prerun.connect(_check_connections, dispatch_uid="focusjobs.jobs.keep_connections")


def _check_connections(**kwargs: Any) -> None:
    close_old_connections()
