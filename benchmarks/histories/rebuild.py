"""What a rebuild from all records finds different: states, days, streaks' events, weeks and months."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from analytics.models import UserClock
from analytics.rollups.events import follow_events
from analytics.rollups.rebuilding import compare
from benchmarks.histories.world import WORKERS
from focusjobs.sql import bound_rows

# Weeks of a person that share days.
OVERLAPPING = """
SELECT one.user_id, one.first_day, one.last_day, other.first_day
FROM analytics_userweek AS one JOIN analytics_userweek AS other USING (user_id)
WHERE one.first_day < other.first_day AND one.last_day >= other.first_day
"""

KINDS = {"day": "days", "week": "weeks", "month": "months"}
"""What differs, by the first word for it; all else is of a state."""

SHOWN = 20
"""Differences that are printed."""


def differences() -> Counter[str]:
    """Work everybody out from their records, print what is first found to differ, and give how much does, by kind."""
    found: Counter[str] = Counter()
    for what, shown in (*_of_people(), *(("overlapping weeks", row) for row in bound_rows(OVERLAPPING))):
        found[what] += 1
        if found.total() <= SHOWN:
            print(f"  {what}: {shown}", flush=True)
    return found


def _of_people() -> Iterator[tuple[str, Any]]:
    for found in WORKERS.map(_of_person, UserClock.objects.order_by("pk")):
        yield from found


def _of_person(clock: UserClock) -> list[tuple[str, Any]]:
    rebuilt = compare(clock)
    moved = follow_events(rebuilt.traced.values()).items()
    return [
        *((KINDS.get(one.what.split(":")[0], "states"), (clock.pk, one)) for one in rebuilt.differences),
        *(("events", (clock.pk, habit, day)) for habit, days in moved for day in days),
    ]
