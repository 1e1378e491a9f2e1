"""The product's processes on their machines, and what the ledger says of a machine."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from benchmarks.hosts.network import Network
from benchmarks.hosts.servers import start
from benchmarks.processes import signal_tree, wait_until
from benchmarks.servers import database

WORKERS = ("one", "two")
PROCESSES = 2

# The jobs of this benchmark that processes of a machine hold, as names of hosts end their names. Index: job_leased.
HELD = """
SELECT id, (arguments ->> 'n')::int FROM jobs_job
WHERE state = 'active' AND starts_with(task, 'benchmarks.hosts.') AND split_part(worker, '@', 2) = ANY(%s)
"""

# When each machine began a job for the first time since a moment.
BEGAN_SINCE = """
SELECT split_part(worker, '@', 2), min(started_at) FROM jobs_job WHERE started_at > %s GROUP BY 1
"""

# How many of these jobs are not completed. Index: primary key.
STILL_OPEN = "SELECT count(*) FROM jobs_job WHERE id = ANY(%s) AND state <> 'completed'"

# When the last of the jobs that were taken from a machine was begun elsewhere. Index: primary key.
TAKEN = """
SELECT max(job.started_at) FROM jobs_job job
WHERE job.id = ANY(%s) AND split_part(job.worker, '@', 2) <> %s AND job.started_at > %s
      AND EXISTS (SELECT FROM jobs_attempt stalled WHERE stalled.job_id = job.id AND stalled.outcome = 'stalled')
"""

# A connection from a machine in the middle of a transaction.
IN_TRANSACTION = "SELECT count(*) FROM pg_stat_activity WHERE client_addr = %s AND state = 'idle in transaction'"


class Machines:
    """Web and two workers, each on its machine, for as long as the block lasts."""

    def __init__(self, network: Network, environment: dict[str, str], directory: Path) -> None:
        self.network, self.directory = network, directory
        self.environment = {**environment, "HOSTS_FILE": str(self.effects)}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._ends = ExitStack()

    @property
    def effects(self) -> Path:
        """The file that jobs write lines into."""
        return self.directory / "effects"

    @property
    def web(self) -> Path:
        """The socket at which web answers."""
        return self.directory / "web.sock"

    def __enter__(self) -> Machines:
        self._ends.callback(self._kill)
        try:
            self.effects.touch()
            for host in WORKERS:
                self._start(host, _worker(host))
            self._start("web", self._gunicorn())
            wait_until(self.web.exists, 60, "web does not answer")
            wait_until(lambda: len(_alive()) == len(WORKERS), 60, "the workers did not start")
        except BaseException:
            self._ends.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def stop(self) -> dict[str, tuple[int, float]]:
        """Ask all to end in good order; give the exit code of each, and how many seconds it took."""
        began, ended = time.monotonic(), {}
        for process in self.processes.values():
            process.terminate()
        for host, process in self.processes.items():
            ended[host] = process.wait(60), round(time.monotonic() - began, 1)
        return ended

    def said(self, host: str, *words: str) -> int:
        """Count the lines of a machine's log with any of these words."""
        lines = (self.directory / f"{host}.log").read_text(errors="replace").splitlines()
        return sum(any(word in line for word in words) for line in lines)

    def _start(self, host: str, command: list[str]) -> None:
        with (self.directory / f"{host}.log").open("ab") as log:
            self.processes[host] = start([*self.network.within(host), *command], self.environment, log)

    def _gunicorn(self) -> list[str]:
        self.environment.update(
            DJANGO_SETTINGS_MODULE="benchmarks.hosts.settings",
            ALLOWED_HOSTS="*",
            SECURE_SSL_REDIRECT="0",
            WEB_CONCURRENCY="1",
        )
        command = [sys.executable, "-m", "gunicorn", "--config", "python:focusjobs.webserver", "focusjobs.wsgi"]
        return [*command, "--bind", f"unix:{self.web}"]

    def _kill(self) -> None:
        for process in self.processes.values():
            signal_tree(process.pid, 9)
            process.wait()


def _worker(host: str) -> list[str]:
    celery = [sys.executable, "-m", "celery", "-A", "focusjobs", "--quiet", "worker", "-I", "benchmarks.hosts.tasks"]
    return [*celery, "-n", f"{host}@%h", "-c", str(PROCESSES), "-Q", "default", "--without-mingle"]


def _alive() -> list[str]:
    from focusjobs.health import heartbeat

    return heartbeat.live_workers()


def held_by(*hosts: str) -> dict[int, int | None]:
    """Give the jobs that processes of these machines hold, each with its `n`; ticks have none."""
    with database() as session:
        return dict(session.execute(HELD, [list(hosts)]).fetchall())


def began_since(moment: datetime) -> dict[str, datetime]:
    """Give when each machine began its first job since a moment."""
    with database() as session:
        return dict(session.execute(BEGAN_SINCE, [moment]).fetchall())


def are_open(jobs: list[int]) -> bool:
    """Tell whether some of these jobs are not completed."""
    with database() as session:
        return bool(session.execute(STILL_OPEN, [jobs]).fetchone()[0])


def last_taken(jobs: list[int], host: str, since: datetime) -> datetime | None:
    """Give when the last of the jobs that were taken from a machine was begun elsewhere; None where none was."""
    with database() as session:
        return session.execute(TAKEN, [jobs, host, since]).fetchone()[0]


def is_in_transaction(address: str) -> bool:
    """Tell whether a machine is in the middle of a transaction, waiting for its next statement."""
    with database() as session:
        return bool(session.execute(IN_TRANSACTION, [address]).fetchone()[0])


def now() -> datetime:
    """Give the database's clock."""
    with database() as session:
        return session.execute("SELECT clock_timestamp()").fetchone()[0]
