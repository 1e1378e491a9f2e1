"""The one clock of all workers."""

from __future__ import annotations

from datetime import datetime

from focusjobs.sql import rows


def now() -> datetime:
    """Give the time of the database, to which the clocks of many machines need not agree."""
    moment: datetime
    ((moment,),) = rows("SELECT clock_timestamp()")
    return moment
