"""`make bench BENCH=sync`: what a phone waits for its sync, over HTTP. The last line is JSON.

gunicorn with two worker processes and a Celery worker each for merging and for statistics run as in production; the
phones are one process of threads with persistent connections. Targets are those of the sync's specification, for two
cores.
"""

from __future__ import annotations

import gzip
import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.processes import Load, port_of, wait_for_quiet
from benchmarks.servers import ROOT, bench_servers, database
from habits.domain.identity import completion_id

QUICK = bool(os.environ.get("QUICK"))
ROUNDS = 20 if QUICK else 200
USERS = 16
OTHER_ROWS = 50_000 if QUICK else 1_000_000
HABITS = 40
TODAY = datetime.now(UTC).date()

TARGETS = {
    "push_50_p50_ms": 25,
    "push_50_p99_ms": 150,
    "accept_p99_ms": 100,
    "accepted_to_merged_p99_ms": 1000,
    "push_500_p99_ms": 400,
    "pushes_of_20_per_s": 100,
    "empty_pull_p99_ms": 50,
    "first_pull_10000_ms": 1000,
    "first_pull_10000_gzip_kb": 500,
}
"""Upper bounds, but for what is counted per second."""

# Rows of other people: one habit each and as many days, as the merge would write them.
FILL = """
BEGIN;
SELECT set_config('sync.version', 'fill', true);
INSERT INTO habits_user (
    password, is_superuser, email, name, is_staff, is_active, timezone, day_start, week_start, locale
)
SELECT '', false, 'other' || n || '@example.com', '', false, true, 'UTC', 0, 0, 'en'
FROM generate_series(1, %(users)s) n;
INSERT INTO habits_habit (
    user_id, client_id, name, question, notes, category, color, kind, freq_num, freq_den, weekdays, target_type,
    target_value, unit, reminder_weekdays, position, deleted, updated_at, completions_version, stamps, version
)
SELECT id, gen_random_uuid()::text, 'Walk', '', '', '', '', 'yes_no', 1, 1, 127, 'at_least', 0, '', 127, 1, false,
       now(), 0, '{}', 2
FROM habits_user WHERE email LIKE 'other%%';
INSERT INTO habits_completion (
    user_id, habit_id, day, slot, client_id, value, skipped, note, recorded_zone, source, value_ms, value_device,
    note_ms, note_device, version, updated_at
)
SELECT h.user_id, h.id, date '2000-01-01' + n, '', gen_random_uuid()::text, 1000, false, '', '', 'app', 1, 'a', 0, '',
       2, now()
FROM habits_habit h JOIN habits_user u ON u.id = h.user_id, generate_series(1, 1000) n WHERE u.email LIKE 'other%%';
COMMIT;
"""


def main() -> None:
    """Measure and print; exit code 1 where a target is missed."""
    with bench_servers(), tempfile.TemporaryDirectory() as directory:
        os.environ.update(API_RATE_USER="", API_RATE_PUSH="", ALLOWED_HOSTS="*", SECURE_SSL_REDIRECT="0")
        with _processes(Path(directory)) as port:
            figures = measure(port)
    missed = [name for name, bound in TARGETS.items() if _misses(name, figures[name], bound)]
    for name, bound in TARGETS.items():
        print(f"{name:28} {figures[name]:10.1f}   target {bound}{'   MISSED' if name in missed else ''}")
    print(json.dumps({**{name: round(figure, 3) for name, figure in figures.items()}, "missed": missed}))
    sys.exit(1 if missed else 0)


def _misses(name: str, figure: float, bound: float) -> bool:
    return figure < bound if name.endswith("_per_s") else figure > bound


@contextmanager
def _processes(directory: Path) -> Iterator[int]:
    """Run the web server and the workers; give the web server's port."""
    web = [sys.executable, "-m", "gunicorn", "focusjobs.wsgi", "--worker-class", "gthread", "--workers", "2"]
    web += ["--threads", "4", "--keep-alive", "75", "--no-control-socket", "--bind", "127.0.0.1:0"]
    worker = [sys.executable, "-m", "celery", "-A", "focusjobs", "worker", "-c", "1"]
    commands = [web, *([*worker, "-n", f"{queue}@%h", "-Q", queue] for queue in ("default", "statistics"))]
    log = directory / "web.log"
    with log.open("w") as out:
        running = [
            subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out, start_new_session=True) for command in commands
        ]
        try:
            yield port_of(log, running[0])
        finally:
            for process in running:
                os.killpg(process.pid, signal.SIGTERM)
            for process in running:
                process.wait(30)


class Phone:
    """A phone with a connection that stays open."""

    def __init__(self, port: int, name: str) -> None:
        token = _manage("create_token", "--email", f"{name}@example.com").strip()
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.headers = {"Authorization": f"Bearer {token}", "X-Device-Id": name, "Content-Type": "application/json"}
        self.name, self.day = name, 0

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[float, int, bytes, Any]:
        """Give milliseconds, status, body and headers."""
        sent = json.dumps(body).encode() if body is not None else None
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        start = time.perf_counter()
        self.connection.request(method, f"/api/v1/sync/{path}", sent, {**self.headers, **more})
        response = self.connection.getresponse()
        content = response.read()
        return (time.perf_counter() - start) * 1000, response.status, content, response.headers

    def push(self, rows: int, **headers: str) -> tuple[float, Any]:
        """Push so many new ticks; give milliseconds and the answer."""
        took, status, content, _ = self.call("POST", "push?last_pulled_at=1", self.ticks(rows), **headers)
        if status not in (200, 202):
            raise RuntimeError(f"{status}: {content[:500]!r}")
        return took, json.loads(content)

    def ticks(self, rows: int) -> dict[str, Any]:
        """Make a change set of days that were never pushed before, from today back; the habits share them."""
        made = [self._tick() for _ in range(rows)]
        return {"completions": {"created": [], "updated": made, "deleted": []}}

    def _tick(self) -> dict[str, Any]:
        self.day += 1
        habit, day = f"{self.name}-{self.day % HABITS}", TODAY - timedelta(days=self.day // HABITS)
        stamp = round(time.time() * 1000)
        name = completion_id(habit, day)
        return {"id": name, "habit_id": habit, "date": day.isoformat(), "value": 1, "updated_at": stamp}

    def start(self) -> Phone:
        """Make the habits."""
        habits = [{"id": f"{self.name}-{n}", "name": f"Habit {n}", "updated_at": 1} for n in range(HABITS)]
        self.call("POST", "push", {"habits": {"created": habits, "updated": [], "deleted": []}})
        return self


def measure(port: int) -> dict[str, float]:
    """Take all figures."""
    phone = Phone(port, "phone").start()
    _warm_up(phone)
    wait_for_quiet(1 if QUICK else 20)
    load = Load.begin()
    figures: dict[str, float] = {}
    figures |= _sizes(phone, "")
    figures |= _pulls(phone)
    figures |= _accepting(phone)
    wait_for_quiet(1 if QUICK else 20)  # the statistics of that one phone's years are worked out
    figures |= _many(port)
    _fill()
    figures |= _sizes(Phone(port, "late").start(), "_beside_other_rows")
    figures["foreign"] = load.foreign()
    return figures


def _warm_up(phone: Phone) -> None:
    """Have processes loaded, and the planner know the tables as it does after a minute of use."""
    for _ in range(20):
        phone.push(50)
    with database() as connection:
        connection.execute("ANALYZE")


def _sizes(phone: Phone, suffix: str) -> dict[str, float]:
    """Push 1 to 5,000 rows at a time; `suffix` says beside what."""
    figures = {}
    for rows, rounds in ((1, ROUNDS), (50, ROUNDS), (500, ROUNDS // 5), (5_000, ROUNDS // 40 or 1)):
        times = sorted(phone.push(rows)[0] for _ in range(rounds))
        figures |= _spread(f"push_{rows}", times, suffix)
        figures[f"push_{rows}_us_per_op{suffix}"] = statistics.median(times) * 1000 / rows
    return figures


def _spread(name: str, times: list[float], suffix: str = "") -> dict[str, float]:
    times = sorted(times)
    return {
        f"{name}_p50_ms{suffix}": statistics.median(times),
        f"{name}_p99_ms{suffix}": times[min(len(times) - 1, round(len(times) * 0.99))],
    }


def _pulls(phone: Phone) -> dict[str, float]:
    version = json.loads(phone.call("GET", "pull?last_pulled_at=null")[2])["timestamp"]
    empty = [phone.call("GET", f"pull?last_pulled_at={version}")[0] for _ in range(ROUNDS)]
    whole = Phone(phone.connection.port, "whole").start()
    for _ in range(20):
        whole.push(500)
    first = [whole.call("GET", "pull?last_pulled_at=null", Accept_Encoding="gzip") for _ in range(5)]
    rows = json.loads(gzip.decompress(first[0][2]))["changes"]["completions"]["updated"]
    if len(rows) != 10_000:
        raise RuntimeError(f"{len(rows)} rows were pulled.")
    return {
        **_spread("empty_pull", empty),
        "first_pull_10000_ms": statistics.median(took for took, *_ in first),
        "first_pull_10000_gzip_kb": len(first[0][2]) / 1000,
    }


def _accepting(phone: Phone) -> dict[str, float]:
    """Push without waiting, and ask until it is merged."""
    times, merged = [], []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        took, answer = phone.push(50, Prefer="respond-async")
        times.append(took)
        while json.loads(phone.call("GET", f"pushes/{answer['id']}")[2])["status"] != "done":
            time.sleep(0.005)
        merged.append((time.perf_counter() - start) * 1000)
    return _spread("accept", times) | _spread("accepted_to_merged", merged)


def _many(port: int) -> dict[str, float]:
    """Let many people push 20 rows at a time, as fast as they are answered."""
    phones = [Phone(port, f"many{n}").start() for n in range(USERS)]
    until = time.monotonic() + (3 if QUICK else 15)

    def work(phone: Phone) -> list[float]:
        times = []
        while time.monotonic() < until:
            times.append(phone.push(20)[0])
        return times

    start = time.monotonic()
    with ThreadPoolExecutor(USERS) as pool:
        times = [took for found in pool.map(work, phones) for took in found]
    return {"pushes_of_20_per_s": len(times) / (time.monotonic() - start), **_spread("push_20_by_many", times)}


def _fill() -> None:
    with database() as connection:
        for statement in (FILL % {"users": OTHER_ROWS // 1000}).replace("%%", "%").split(";\n"):
            if statement.strip():
                connection.execute(statement)
        connection.execute("ANALYZE")


def _manage(*arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
