"""`celery beat` for the ledger: `CELERY_BEAT_SCHEDULER = "focusjobs.jobs.beat:LedgerScheduler"`."""

from __future__ import annotations

import logging
from typing import Any

from celery.beat import Scheduler
from django.db import Error, connection

from focusjobs.health import heartbeat

from . import schedules
from .schedules import syncing as schedule_sync

logger = logging.getLogger(__name__)


class LedgerScheduler(Scheduler):
    """Looks for due schedules once a second, as the workers' housekeeping does; any number of beats may run.

    Entries of `CELERY_BEAT_SCHEDULE`, for tasks of other packages, are sent as Celery messages as ever: once by each
    beat, and remembered nowhere.
    """

    max_interval = 1

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.synced = False
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        """Take the entries of the settings; the results of jobs are pruned with their jobs, not by beat."""
        self.update_from_dict(self.app.conf.beat_schedule)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Make the jobs of due schedules, then do as Celery does with the settings' entries; answer the next wait."""
        heartbeat.beat_of_schedules()
        try:
            self._tick_ledger()
        except Error as error:
            logger.warning("schedules not looked at; trying again", extra={"error": str(error)})
            connection.close()
        wait: float = super().tick(*args, **kwargs)
        return wait

    def _tick_ledger(self) -> None:
        if not self.synced:
            schedule_sync.sync()
            self.synced = True
        schedules.tick()
