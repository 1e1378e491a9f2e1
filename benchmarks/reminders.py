"""`make bench BENCH=reminders`: what reminders cost, from the due row to what the provider has taken.

A day of a million reminders is taken quarter by quarter as the scheduled job does it; then what is due is sent to the
FCM of `tests/providers`, which runs as a process of its own, in turn with firebase-admin. Figures are per second of CPU
time: of PostgreSQL, Valkey and the planning process together, or of the sending process. The last line is JSON.
QUICK=1 takes 50,000 reminders.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.processes import Load, cpu_seconds, wait_for_quiet
from benchmarks.push import rows
from benchmarks.servers import ROOT, bench_servers, database
from tests.providers import Providers

QUICK = bool(os.environ.get("QUICK"))
REMINDERS = int(os.environ.get("REMINDERS") or (50_000 if QUICK else 1_000_000))
SENDS = 3_000 if QUICK else 12_000
RIVAL_SENDS = 1_000 if QUICK else 2_000
ROUNDS = 1 if QUICK else 3
LIMIT = 1_000
"""Messages a second that are allowed while the peak is looked for."""
PACED = LIMIT * (2 if QUICK else 6)

DAY = datetime(2026, 3, 9, tzinfo=UTC)
"""A Monday on which no zone of the benchmark changes its clocks."""

STEP = timedelta(minutes=90 if QUICK else 15)
STEPS = [DAY + n * STEP for n in range(timedelta(hours=-15) // STEP, timedelta(hours=36) // STEP + 1)]
"""From the first zone's midnight to the last one's, so that each has its whole day. All reminders are on quarters."""

RIVAL = Path(".venv-bench/bin/python")

BARS = {
    "advance_per_cpu_s": 20_000,
    "sends_per_cpu_s": 3_000,
    "firebase_admin_sends_per_cpu_s": None,
    "times_firebase_admin": None,
    "transport_sends_per_cpu_s": None,
    "dispatch_per_cpu_s": None,
    "peak_per_s": LIMIT,
}
"""What is wanted at least, of the peak at most; None is told for comparison."""

Figures = dict[str, float]


def main() -> None:
    """Measure and print; exit code 1 where a bar is missed."""
    started = time.monotonic()
    with Providers.start() as providers, bench_servers() as servers:
        _set_up(providers)
        figures = measure(providers, servers.guard_pid)
    missed = [name for name, bar in BARS.items() if bar is not None and _misses(name, figures[name], bar)]
    for name, bar in BARS.items():
        wanted = "" if bar is None else f"   wanted {bar:,}{'   MISSED' if name in missed else ''}"
        print(f"{name:32}{figures[name]:>12,.1f}{wanted}")
    print(f"{time.monotonic() - started:.0f} s")
    print(json.dumps({**{name: round(value, 3) for name, value in figures.items()}, "missed": missed}))
    sys.exit(1 if missed else 0)


def _misses(name: str, figure: float, bar: float) -> bool:
    return figure > bar if name == "peak_per_s" else figure < bar


def _set_up(providers: Providers) -> None:
    """Let this process and the senders use the providers of this machine."""
    account, ca = str(providers.credentials.service_account), str(providers.credentials.ca)
    way = {"credentials_file": account, "base_url": providers.url("fcm"), "ca_file": ca}
    os.environ.update(
        DJANGO_SETTINGS_MODULE="focusjobs.settings",
        PUSH_TRANSPORTS=json.dumps({"fcm": way}),
        PUSH_RATES="fcm=1000000",
        PUSH_SPREAD_SECONDS="30",
        REQUESTS_CA_BUNDLE=ca,
    )
    import django

    django.setup()


def measure(providers: Providers, servers: int) -> Figures:
    """Take all figures."""
    figures = _advance(servers)
    figures |= _dispatch(servers)
    figures |= _sends(providers)
    figures["peak_per_s"] = _peak(providers)
    return figures


def _advance(servers: int) -> Figures:
    """Take a day of reminders with the scheduled job; the clock of this process is moved on."""
    from notifications import clock
    from notifications.tasks import plan_reminders

    took = rows.fill_day(REMINDERS, DAY)
    print(f"{REMINDERS:,} reminders made in {took:.0f} s", flush=True)
    wait_for_quiet(1 if QUICK else 10)
    told, load, started, before = clock.now, Load.begin(), time.monotonic(), _used(servers)
    try:
        taken = 0
        for moment in STEPS:
            clock.now = lambda moment=moment: moment
            taken += plan_reminders()
    finally:
        clock.now = told
    cpu, seconds = _used(servers) - before, time.monotonic() - started
    _check_planned(taken)
    print(f"{taken:,} advanced in {seconds:.0f} s", flush=True)
    return {"advance_per_cpu_s": taken / cpu, "advance_per_s": taken / seconds, "advance_foreign": load.foreign()}


def _check_planned(taken: int) -> None:
    """See that each that was taken has been planned once and waits for a later time."""
    with database() as connection:
        planned = connection.execute("SELECT count(*) FROM notifications_notification").fetchone()
        left = connection.execute("SELECT count(*) FROM notifications_reminder WHERE next_fire_at <= %s", STEPS[-1:])
        if (planned, left.fetchone()) != ((taken,), (0,)):
            raise RuntimeError(f"Of {taken} reminders that were taken {planned} are planned, or some are still due.")


def _dispatch(servers: int) -> Figures:
    """Let everybody's reminder be due now, and decide about them all."""
    from notifications import clock
    from notifications.addresses import Address, sealed
    from notifications.tasks import dispatch_notifications, plan_reminders

    rows.fill_due(SENDS, [sealed(Address(f"phone-{n}-{'x' * 150}")) for n in range(SENDS)])
    plan_reminders()
    told, at = clock.now, clock.now() + timedelta(seconds=30)
    clock.now = lambda: at
    before = _used(servers)
    try:
        dispatched = dispatch_notifications()
    finally:
        clock.now = told
    return {"dispatch_per_cpu_s": dispatched / (_used(servers) - before)}


def _sends(providers: Providers) -> Figures:
    """Send what is due, and beside it the same with firebase-admin, in turn."""
    token, found = _access_token(), defaultdict(list)
    load = Load.begin()
    for _ in range(ROUNDS):
        providers.clear()
        providers.set("fcm", keeps=False)
        rows.due_again(SENDS)
        wait_for_quiet(1 if QUICK else 5)
        found["sends"].append(_run([sys.executable, "-m", "benchmarks.push.sender", "due"], SENDS, "sent"))
        found["transport_sends"].append(
            _run([sys.executable, "-m", "benchmarks.push.sender", "transport"], SENDS, "ok")
        )
        rival = [str(RIVAL), "-W", "ignore", "-m", "benchmarks.push.firebase", providers.url("fcm_http1"), token]
        found["firebase_admin_sends"].append(_run(rival, RIVAL_SENDS, "ok"))
    figures = {
        f"{name}_per_{unit}": statistics.median(run[unit] for run in runs)
        for name, runs in found.items()
        for unit in ("cpu_s", "s")
    }
    figures["times_firebase_admin"] = figures["sends_per_cpu_s"] / figures["firebase_admin_sends_per_cpu_s"]
    return {**figures, "sends_foreign": load.foreign()}


def _access_token() -> str:
    from notifications.transports import transport_for

    return str(transport_for("fcm")._tokens.token())


def _run(command: list[str], number: int, good: str) -> Figures:
    """Let a process send so many messages; give its sends a second of its CPU time, and of the clock."""
    with _sender(command) as process:
        told = _ended(process, number)
    if {name: count for name, count in told["counts"].items() if count} != {good: number}:
        raise RuntimeError(f"{number} messages came to {told['counts']}.")
    return {"cpu_s": number / told["cpu_s"], "s": number / told["seconds"]}


@contextmanager
def _sender(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """Start a sender and wait until it is ready."""
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None  # noqa: S101
        if process.stdout.readline() != "ready\n":
            raise RuntimeError(f"{command} did not get ready.")
        yield process
    finally:
        process.kill()
        process.wait()


def _begin(process: subprocess.Popen[str], number: int) -> None:
    assert process.stdin is not None  # noqa: S101
    process.stdin.write(f"{number}\n")
    process.stdin.flush()


def _ended(process: subprocess.Popen[str], number: int) -> Any:
    _begin(process, number)
    assert process.stdout is not None  # noqa: S101
    return json.loads(process.stdout.readline())


def _peak(providers: Providers) -> float:
    """Let two processes send at a limited rate, past the ramp; give the most that came in any second."""
    from notifications.domain.pace import RAMP, Pace

    providers.clear()
    rows.due_again(PACED)
    now = time.time()
    pace = Pace(full=LIMIT, began_at=now - RAMP, filled_at=now, asked_at=now)
    os.environ["PUSH_RATES"] = f"fcm={LIMIT}"
    command = [sys.executable, "-m", "benchmarks.push.sender", "due"]
    with _sender(command) as first, _sender(command) as second:
        rows.set_pace(json.dumps(asdict(pace)))
        _begin(second, PACED)
        _ended(first, PACED)
        assert second.stdout is not None  # noqa: S101
        second.stdout.readline()
    times = [one["at"] for one in providers.accepted("fcm")]
    if len(times) != PACED:
        raise RuntimeError(f"{len(times)} of {PACED} messages came.")
    return float(max(_in_each_second(sorted(times))))


def _in_each_second(times: list[float]) -> Iterator[int]:
    """Give for each moment how many came within the second that it begins."""
    end = 0
    for first, moment in enumerate(times):
        while end < len(times) and times[end] < moment + 1:
            end += 1
        yield end - first


def _used(servers: int) -> float:
    return cpu_seconds(servers) + time.process_time()


if __name__ == "__main__":
    main()
