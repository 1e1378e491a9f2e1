"""Waiting until a job has ended, for tests, commands and requests that cannot answer before."""

from __future__ import annotations

import logging
import time
from contextlib import closing
from threading import Event as Timer

import redis
from django.conf import settings

from ..domain.lifecycle import FINISHED, State
from ..errors import UnknownJob
from ..telling import events

logger = logging.getLogger(__name__)

LOOK = 1.0
"""Seconds between two looks into the ledger while events can be followed; how late a lost event is noticed."""

LOOK_UNTOLD = 0.1
"""Seconds between two looks while they cannot."""


def wait_until_finished(job_id: int, timeout: float) -> State:
    """Wait until a job has completed, failed or been cancelled, and answer which; `AsyncResult` has its result.

    It follows the job's events and looks into the ledger as well, so that a lost event costs `LOOK` seconds and never
    hangs. Call it after the transaction that enqueued the job: no worker sees the job before. Raises `TimeoutError`
    after `timeout` seconds, and `UnknownJob` where there is no such job (any more).
    """
    deadline = time.monotonic() + timeout
    with closing(_News(job_id)) as news:
        # The place in the stream is known before each look, so that no end falls between the two.
        while (state := _state(job_id)) not in FINISHED:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"Job {job_id} is {state} after {timeout:g} seconds.")
            news.wait(left)
    return state


def _state(job_id: int) -> State:
    # Exported by the package, which is imported before models can be.
    from ..models import Job

    state = Job.objects.filter(pk=job_id).values_list("state", flat=True).first()
    if state is None:
        raise UnknownJob(f"There is no job {job_id}.")
    return State(state)


class _News:
    """The events of one job, as far as Redis can tell them."""

    def __init__(self, job_id: int) -> None:
        self._job_id = job_id
        self._follower: events.Follower | None = None
        if settings.JOBS_EVENTS:
            try:
                self._follower = events.Follower("$", {job_id})
            except redis.RedisError as error:
                self._give_up(error)

    def wait(self, seconds: float) -> None:
        """Return when something happened to the job, or when it is time for a look into the ledger."""
        until = time.monotonic() + min(LOOK, seconds)
        try:
            while self._follower and (left := until - time.monotonic()) > 0:
                if any(event.kind != events.Kind.PROGRESS for event in self._follower.read(left)):
                    return
        except redis.RedisError as error:
            self._give_up(error)
        if not self._follower:
            Timer().wait(min(LOOK_UNTOLD, seconds))

    def close(self) -> None:
        """Let the connection go."""
        if self._follower:
            self._follower.close()

    def _give_up(self, error: redis.RedisError) -> None:
        logger.warning("events not followed", extra={"job_id": self._job_id, "error": str(error)})
        self.close()
        self._follower = None
