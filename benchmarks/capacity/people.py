"""The people of a run, made with SQL, and what they do, by the thousand."""

from __future__ import annotations

import http.client
import itertools
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.nightly import CLEAR, CLOCKS, FIRST, PEOPLE_ROWS, RECORDS, STATES
from benchmarks.processes import wait_until
from benchmarks.push.rows import DEVICES
from benchmarks.servers import database
from habits.domain.identity import completion_id

PEOPLE = 4000
DAYS = 30
PHONES = 400
"""People who sync; the others have reminders and days that end."""

CLIENTS = 4
"""Requests under way at once."""

TODAY = datetime.now(UTC).date()
BEGAN = TODAY - timedelta(days=DAYS)

# Reminders of some people that are due, and their days that are over.
DUE = """
INSERT INTO notifications_reminder (user_id, kind, origin, habit_id, label, category, local_time, weekdays, timezone,
                                    enabled, next_fire_at, next_local_date)
SELECT id, 'habit', 'person', id * 5, '', '', localtime(0), 127, '', true, now(), current_date
FROM habits_user WHERE id BETWEEN %s AND %s
"""
OVER = "UPDATE analytics_userclock SET next_rollover_at = now() WHERE user_id BETWEEN %s AND %s"

SENT = "SELECT count(*) FROM notifications_delivery WHERE state = 'sent'"
CLOSED = "SELECT count(*) FROM analytics_userclock WHERE last_closed >= %s"


class Crowd:
    """Everybody, and the tokens of those who sync."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._fill()
        self.tokens = self._tokens()
        self._turn = itertools.count(1)

    def push(self, times: int, rows: int) -> None:
        """Let phones push so many rows each time, new ones or toggled ones of today."""
        self._each(times, lambda n: ("POST", "push?last_pulled_at=1", self._ticks(rows)))

    def pull(self, times: int) -> None:
        """Let phones ask for news where there are none."""
        with database() as session:
            versions = dict(session.execute("SELECT user_id, version FROM habits_syncstate").fetchall())
        self._each(times, lambda n: ("GET", f"pull?last_pulled_at={versions.get(n, 1)}", None))

    def remind(self, first: int, last: int) -> None:
        """Let reminders of people be due, planned, dispatched and sent."""
        from notifications.tasks import plan_reminders

        with database() as session:
            wanted = session.execute(SENT).fetchone()[0] + last - first + 1
            session.execute(DUE, [first, last])
            plan_reminders.enqueue()
            wait_until(lambda: session.execute(SENT).fetchone()[0] >= wanted, 60, "reminders were not sent")

    def close(self, first: int, last: int) -> None:
        """Let the days of people be over, and have them closed."""
        from analytics.tasks import close_days

        with database() as session:
            before = session.execute(CLOSED, [TODAY - timedelta(days=1)]).fetchone()[0]
            session.execute(OVER, [first, last])
            close_days.enqueue()
            wanted = before + last - first + 1
            closed = [TODAY - timedelta(days=1)]
            wait_until(lambda: session.execute(CLOSED, closed).fetchone()[0] >= wanted, 60, "days were not closed")

    def work(self, jobs: int) -> None:
        """Run jobs that write a row each."""
        from benchmarks.tasks import insert_row

        for first in range(0, jobs, 1000):
            insert_row.enqueue_many({"n": n, "data": "x" * 100} for n in range(first, min(first + 1000, jobs)))

    def _each(self, times: int, request: Any) -> None:
        with ThreadPoolExecutor(CLIENTS) as pool:
            list(
                pool.map(lambda part: self._requests(part, request), [range(n, times, CLIENTS) for n in range(CLIENTS)])
            )

    def _requests(self, turns: range, request: Any) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        for turn in turns:
            n = 1 + turn % PHONES
            method, path, body = request(n)
            headers = {
                "Authorization": f"Bearer {self.tokens[n]}",
                "X-Device-Id": "a",
                "Content-Type": "application/json",
            }
            connection.request(method, f"/api/v1/sync/{path}", body and json.dumps(body).encode(), headers)
            response = connection.getresponse()
            content = response.read()
            if response.status not in (200, 202):
                raise RuntimeError(f"{response.status}: {content[:300]!r}")
        connection.close()

    def _ticks(self, rows: int) -> dict[str, Any]:
        turn, stamp = next(self._turn), round(time.time() * 1000)
        made = []
        for row in range(rows):
            habit, day = f"h{1 + row % 4}", TODAY if rows <= 4 else BEGAN - timedelta(days=1 + row // 4)
            made.append({"id": completion_id(habit, day), "habit_id": habit, "date": day.isoformat()})
            made[-1] |= {"value": turn % 2, "updated_at": stamp}
        return {"completions": {"created": [], "updated": made, "deleted": []}}

    def _fill(self) -> None:
        from notifications.addresses import Address, sealed

        end = datetime.combine(TODAY + timedelta(days=1), datetime.min.time(), UTC)
        values = {"people": PEOPLE, "days": DAYS, "eve": DAYS - 2, "zones": ["UTC"], "ends": [end]}
        addresses, digests = zip(*[sealed(Address(f"phone-{n}-{'x' * 150}")) for n in range(PEOPLE)], strict=True)
        with database() as session, session.transaction():
            session.execute("SELECT set_config('sync.version', 'benchmark', true)")
            for statement in (CLEAR, *PEOPLE_ROWS.split(";"), RECORDS, CLOCKS, STATES):
                session.execute(statement.replace(FIRST, f"date '{BEGAN}'"), values if "%(" in statement else None)
            session.execute(DEVICES, {"addresses": list(addresses), "digests": list(digests)})
            session.execute("SELECT setval(pg_get_serial_sequence('habits_habit', 'id'), 10 * %s)", [PEOPLE])
        with database() as session:
            session.execute("VACUUM ANALYZE")
            session.execute("CHECKPOINT")

    def _tokens(self) -> dict[int, str]:
        from habits.accounts.tokens import issue_token
        from habits.models import User

        return {user.pk: issue_token(user, "") for user in User.objects.order_by("pk")[:PHONES]}
