"""The web server and the worker that the phones talk to, and their deaths."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.processes import signal_one, tree
from benchmarks.servers import ROOT, database

WEB = ("gunicorn", "focusjobs.wsgi", "--worker-class", "gthread", "--workers", "2", "--threads", "8")
WORKER = ("celery", "-A", "focusjobs", "worker", "-c", "2", "-Q", "default,statistics", "-l", "INFO")
READY_SECONDS = 60.0

# Count the merges of a process that wait in their middle: they hold their person's lock and have written habits.
IN_THE_MIDDLE = """
SELECT count(*) FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid
WHERE a.application_name = %s AND NOT l.granted AND l.relation = 'habits_completion'::regclass
"""


class Tier:
    """One kind of process: a leader with children, in a session of its own."""

    def __init__(self, name: str, argv: tuple[str, ...], ready: str, directory: Path) -> None:
        self.name, self.argv, self.ready, self.log = name, argv, ready, directory / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> re.Match[str]:
        """Start it and return once it says that it is ready."""
        offset = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.argv, *options],
                cwd=ROOT,
                env={**os.environ, "PGAPPNAME": self.name, "LOG_LEVEL": "INFO"},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + READY_SECONDS
        while not (found := re.search(self.ready, self.log.read_text()[offset:])):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(self.log.read_text()[-4_000:])
            time.sleep(0.05)
        return found

    def in_the_middle(self) -> int:
        """Count the merges that wait for the table of days, which the caller has locked."""
        with database() as connection:
            return connection.execute(IN_THE_MIDDLE, [self.name]).fetchone()[0]

    def kill_children(self) -> None:
        """Kill its processes but the leader, which starts others."""
        if self.process is not None:
            for pid in tree(self.process.pid)[1:]:
                signal_one(pid, signal.SIGKILL)

    def kill(self) -> None:
        """Kill it whole."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Web(Tier):
    """The web server; it keeps the port that it got first."""

    def __init__(self, directory: Path) -> None:
        super().__init__("web", WEB, r"Listening at: http://127\.0\.0\.1:(\d+)", directory)
        self.port = 0

    def start(self, *options: str) -> re.Match[str]:
        """Start it and return once it listens."""
        found = super().start("--no-control-socket", "--bind", f"127.0.0.1:{self.port}", *options)
        self.port = int(found[1])
        return found


class Worker(Tier):
    """The Celery worker."""

    def __init__(self, directory: Path) -> None:
        super().__init__("worker", WORKER, r"ready\.", directory)
