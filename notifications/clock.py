"""The one clock of all workers."""

from __future__ import annotations

from datetime import datetime

from django.db import connection


def now() -> datetime:
    """Give the time of the database, to which the clocks of many machines need not agree."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment
