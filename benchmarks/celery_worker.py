"""A `celery worker` of a benchmark, with its pool, that can be killed as by a power failure."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.processes import signal_one, tree
from benchmarks.servers import ROOT

PROCESSES = 2


class CeleryWorker:
    """The worker of some queues; `start` begins a new one in place of one that was killed."""

    def __init__(self, queues: str, log: Path, *modules: str) -> None:
        self.queues, self.modules = queues, modules
        self.log = log.open("ab")
        self.process: subprocess.Popen[bytes] | None = None
        self.kills = 0

    def start(self) -> None:
        """Start it, unless it runs."""
        if self.process is not None and self.process.poll() is None:
            return
        if self.process is not None and self.process.returncode != -signal.SIGKILL:
            raise RuntimeError(f"The worker ended by itself with code {self.process.returncode}; see its log.")
        argv = [sys.executable, "-m", "celery", "-A", "focusjobs", "worker", "-c", str(PROCESSES), "-Q", self.queues]
        argv += [option for module in self.modules for option in ("-I", module)]
        options = ["-n", f"bench{time.monotonic_ns()}@%h", "--without-mingle", "--without-gossip"]
        self.process = subprocess.Popen(
            [*argv, *options], cwd=ROOT, env={**os.environ, "LOG_LEVEL": "WARNING"}, stdout=self.log, stderr=self.log
        )

    def kill(self) -> None:
        """End all its processes at once: they are stopped first, so that none sees another one end."""
        assert self.process is not None  # noqa: S101 - it was started
        pids = tree(self.process.pid)
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in pids:
                signal_one(pid, number)
        self.process.wait()
        self.kills += 1

    def close(self) -> None:
        """Kill what still runs."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
            self.kills -= 1
        self.log.close()
