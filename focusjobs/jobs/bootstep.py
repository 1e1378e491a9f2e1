"""What the job layer adds to a Celery worker: a housekeeper in its main process, and lasting database connections."""

from __future__ import annotations

import sys
from typing import Any

from celery import Celery, bootsteps
from celery.signals import task_prerun
from django.db import close_old_connections

from .maintenance import Housekeeper


class Housekeeping(bootsteps.StartStopStep):
    """Starts and stops the housekeeper with the worker, after its pool."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, **kwargs: Any) -> None:
        super().__init__(parent, **kwargs)
        self.housekeeper: Housekeeper | None = None

    def start(self, parent: Any) -> None:
        """Begin to keep house."""
        self.housekeeper = Housekeeper()
        self.housekeeper.start()

    def stop(self, parent: Any) -> None:
        """End housekeeping."""
        if self.housekeeper:
            self.housekeeper.stop()

    terminate = stop


def keep_connections(app: Celery) -> None:
    """Keep database connections between tasks, as long as they are young and sound.

    Celery's Django fixup would open a new one for every task, a tenth of a drain's latency.
    """
    # The fixup reads this name as it stands, past Celery's own lower-case settings.
    app.conf["CELERY_DB_REUSE_MAX"] = sys.maxsize
    task_prerun.connect(_check_connections, dispatch_uid="focusjobs.jobs.keep_connections")


def _check_connections(**kwargs: Any) -> None:
    close_old_connections()
