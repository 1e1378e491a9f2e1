"""What a rebuild from all records finds different: states, days, streaks' events, weeks and months."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from analytics.domain.periods import Period
from analytics.models import UserClock, UserMonth, UserWeek
from analytics.rollups.events import follow_events
from analytics.rollups.periods import ended_months, ended_weeks, roll_up
from analytics.rollups.rebuilding import compare
from benchmarks.histories.world import BEGIN, WORKERS
from focusjobs.sql import bound_rows

# Columns in which rows differ from their copies, or all of a row that only one of both has; but not when it was made.
UNLIKE = """
SELECT user_id, first_day, it.name, was, anew
FROM {table} AS new FULL JOIN stored_{table} AS old USING (user_id, first_day)
CROSS JOIN LATERAL (
    SELECT * FROM jsonb_each_text(to_jsonb(new)) AS a (name, anew)
    FULL JOIN jsonb_each_text(to_jsonb(old)) AS w (name, was) USING (name)
) AS it
WHERE was IS DISTINCT FROM anew AND name <> 'computed_at'
"""

# Weeks of a person that share days.
OVERLAPPING = """
SELECT one.user_id, one.first_day, one.last_day, other.first_day
FROM analytics_userweek AS one JOIN analytics_userweek AS other USING (user_id)
WHERE one.first_day < other.first_day AND one.last_day >= other.first_day
"""

EARLIEST = BEGIN - timedelta(days=31)
"""Before all records."""

SHOWN = 20
"""Differences that are printed."""


def differences() -> Counter[str]:
    """Rebuild everybody, print what is first found to differ, and give how much does, by what it is."""
    found: Counter[str] = Counter()
    for what, shown in (*_of_people(), *_of_periods()):
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
        *(("days" if one.what == "day" else "states", (clock.pk, one)) for one in rebuilt.differences),
        *(("events", (clock.pk, habit, day)) for habit, days in moved for day in days),
    ]


def _of_periods() -> Iterator[tuple[str, Any]]:
    yield from (("overlapping weeks", found) for found in bound_rows(OVERLAPPING))
    clocks = list(UserClock.objects.order_by("pk"))
    for model, ended in ((UserWeek, ended_weeks), (UserMonth, ended_months)):
        table = model._meta.db_table
        bound_rows(f"CREATE TABLE stored_{table} AS TABLE {table}")
        roll_up(model, [one for clock in clocks for one in ended(clock, Period(EARLIEST, clock.last_closed))])
        for user, first_day, name, was, anew in bound_rows(UNLIKE.format(table=table)):
            yield table.removeprefix("analytics_user") + "s", f"{user} from {first_day}: {name} {was}, not {anew}"
