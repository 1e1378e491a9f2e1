"""Writes how attempts ended, through restarts of PostgreSQL and past an outcome that it refuses."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence

from django.db import Error, InterfaceError, OperationalError, connection

from .. import ledger
from ..ledger import Ended
from . import journal
from .outcome import unwritable
from .pulse import Pulse

logger = logging.getLogger(__name__)

PAUSE = 0.5
"""Seconds between two tries to reach the database."""


def finish(ended: Sequence[Ended], pulse: Pulse) -> None:
    """Write how attempts ended, trying again while their leases last where PostgreSQL cannot be reached.

    An outcome that PostgreSQL refuses is written as a failure that says so, and does not hold up the others. Raises
    the database's error once the leases are over; by then the jobs are another worker's.
    """
    deadline = time.monotonic() + pulse.lease.total_seconds()
    while True:
        try:
            return _write(ended, pulse)
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or time.monotonic() > deadline:
                raise
            logger.warning("outcomes not written yet", extra={"jobs": len(ended)}, exc_info=True)
            connection.close()
            threading.Event().wait(PAUSE)
        except Error as error:
            return _write_one_by_one(ended, pulse, error)


def _write(ended: Sequence[Ended], pulse: Pulse) -> None:
    with pulse.lock:
        kept = ledger.finish(ended)
        pulse.drop([end.claim for end in ended])
    journal.attempts_ended(ended, kept)


def _write_one_by_one(ended: Sequence[Ended], pulse: Pulse, error: Error) -> None:
    if len(ended) > 1:
        for end in ended:
            finish([end], pulse)
    elif ended[0].outcome == "unwritable":
        raise error
    else:
        finish([unwritable(ended[0].claim, error)], pulse)
