"""The real stack under measurement: PostgreSQL, Valkey, gunicorn, a Celery worker and a provider of push messages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.capacity.model import TIERS, Use
from benchmarks.processes import cpu_seconds, port_of, tree, wait_until
from benchmarks.servers import ROOT, bench_servers, database, valkey
from tests.providers import Providers

QUEUES = "default,statistics,notifications,operations,imports"

# What a phase takes besides CPU: bytes of WAL and transactions.
WRITTEN = """
SELECT pg_current_wal_insert_lsn() - '0/0', (SELECT sum(xact_commit) FROM pg_stat_database)
"""

# Whether jobs are due, run, or will be within the seconds over which reminders are spread.
BUSY = """
SELECT count(*) FROM jobs_job
WHERE state IN ('waiting', 'active') OR (state = 'delayed' AND run_at < now() + interval '20 seconds')
"""


@dataclass(frozen=True)
class Stack:
    """The processes of a run. Each tier has the process whose tree it is."""

    port: int
    roots: dict[str, int]

    def use(self) -> Use:
        """Give what was used so far."""
        with database() as session:
            wal, commits = session.execute(WRITTEN).fetchone()
        cpu = {tier: cpu_seconds(self.roots[tier]) for tier in TIERS}
        commands = valkey().info("stats")["total_commands_processed"]
        return Use(cpu, float(wal), float(commits), float(commands), time.monotonic())

    def during(self, work: Callable[[], None]) -> Use:
        """Give what some work uses, with all that it leads to."""
        before = self.use()
        work()
        self.settle()
        return self.use() - before

    def settle(self) -> None:
        """Return when no job waits or runs."""
        deadline, calm = time.monotonic() + 90, 0
        while calm < 3:
            with database() as session:
                calm = 0 if session.execute(BUSY).fetchone()[0] else calm + 1
            if time.monotonic() > deadline:
                raise TimeoutError("The jobs were not done within 90 seconds.")
            time.sleep(0.2)


@contextmanager
def running() -> Iterator[Stack]:
    """Run everything, with Django set up in this process."""
    with Providers.start() as providers, bench_servers() as servers, tempfile.TemporaryDirectory() as name:
        os.environ.update(_environment(providers))
        import django

        django.setup()
        with _processes(Path(name)) as (web, worker, port):
            yield Stack(port, {**_servers(servers.guard_pid), "web": web, "worker": worker})


def _environment(providers: Providers) -> dict[str, str]:
    account, ca = str(providers.credentials.service_account), str(providers.credentials.ca)
    way = {"credentials_file": account, "base_url": providers.url("fcm"), "ca_file": ca}
    return {
        "DJANGO_SETTINGS_MODULE": "focusjobs.settings",
        "PUSH_TRANSPORTS": json.dumps({"fcm": way}),
        "PUSH_RATES": "fcm=1000000",
        "PUSH_SPREAD_SECONDS": "5",
        "REQUESTS_CA_BUNDLE": ca,
        "STATISTICS_BUSY_BACKENDS": "100",
        "API_RATE_USER": "",
        "API_RATE_PUSH": "",
        "ALLOWED_HOSTS": "*",
        "SECURE_SSL_REDIRECT": "0",
    }


def _servers(guard: int) -> dict[str, int]:
    """Give the processes that lead the two servers: of a program the first, as a tree begins with its root."""
    found = {Path(f"/proc/{pid}/comm").read_text().strip(): pid for pid in reversed(tree(guard)[1:])}
    return {"postgres": found["postgres"], "valkey": found["valkey-server"]}


@contextmanager
def _processes(directory: Path) -> Iterator[tuple[int, int, int]]:
    web = [sys.executable, "-m", "gunicorn", "focusjobs.wsgi", "--worker-class", "gthread", "--workers", "2"]
    web += ["--threads", "4", "--keep-alive", "75", "--no-control-socket", "--bind", "127.0.0.1:0"]
    worker = [sys.executable, "-m", "celery", "-A", "focusjobs", "worker", "-I", "benchmarks.tasks", "-c", "2"]
    log, started = directory / "processes.log", []
    with log.open("w") as out:
        for command in (web, [*worker, "-Q", QUEUES, "--without-mingle"]):
            options: dict[str, Any] = {"cwd": ROOT, "stdout": out, "stderr": out, "start_new_session": True}
            started.append(subprocess.Popen(command, **options))
        try:
            port = port_of(log, started[0])
            _await_worker()
            yield started[0].pid, started[1].pid, port
        finally:
            for process in started:
                for pid in tree(process.pid):
                    os.kill(pid, 9)
                process.wait()


def _await_worker() -> None:
    from focusjobs.health import heartbeat

    wait_until(heartbeat.live_workers, 60, "the worker did not start")
