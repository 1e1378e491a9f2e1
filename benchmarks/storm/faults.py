"""The faults of a storm, and the workers that they strike."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from benchmarks.processes import signal_one, signal_tree, tree
from benchmarks.servers import ROOT, database, valkey
from focusjobs.dev.services import DevServices

LEASE = 3
WORKERS = 2
PROCESSES = 2
SETTLED = 0.15
"""Seconds until the statement that a frozen process had sent has been carried out."""

HELD = """
SELECT count(*) FROM jobs_job
WHERE state = 'active' AND task = 'benchmarks.storm_external' AND split_part(worker, '@', 1)::bigint = ANY(%s)
"""


CONNECTIONS = """
SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY pid
"""


class Storm:
    """Real workers on private servers, and what happens to them."""

    def __init__(self, services: DevServices, dice: random.Random, directory: Path) -> None:
        self.services = services
        self.dice = dice
        self.log = (directory / "workers.log").open("ab")
        self.file = directory / "effects"
        self.file.touch()
        self.workers: list[subprocess.Popen[bytes]] = []
        self.thaws: list[tuple[float, int]] = []
        self.counts: Counter[str] = Counter()
        self.bound = 0
        self.deaths: list[int] = []

    def kinds(self) -> list[str]:
        """Give every kind of fault once, in random order."""
        names = ["kill_worker", "kill_child", "freeze_worker", "flush_valkey", "restart_valkey"]
        names += ["end_connections", "restart_postgres"]
        return self.dice.sample(names, len(names))

    def strike(self, kind: str) -> None:
        """Let one fault happen."""
        self.counts[kind] += 1
        getattr(self, f"_{kind}")()

    def keep_up(self) -> None:
        """Thaw who has been frozen long enough and start workers in place of those that ended."""
        now = time.monotonic()
        for _, pid in [thaw for thaw in self.thaws if thaw[0] <= now]:
            signal_tree(pid, signal.SIGCONT)
        self.thaws = [thaw for thaw in self.thaws if thaw[0] > now]
        alive = [worker for worker in self.workers if worker.poll() is None]
        self.deaths += [worker.returncode for worker in self.workers if worker.returncode is not None]
        self.workers = alive
        while len(self.workers) < WORKERS:
            self._start_worker()

    def calm(self) -> None:
        """Thaw everybody."""
        self.thaws = [(0.0, pid) for _, pid in self.thaws]
        self.keep_up()

    def close(self) -> None:
        """End the workers."""
        for worker in self.workers:
            signal_tree(worker.pid, signal.SIGKILL)
            worker.wait()
        self.log.close()

    def _start_worker(self) -> None:
        name = f"storm{len(self.workers)}-{time.monotonic_ns()}@%h"
        celery = [sys.executable, "-m", "celery", "-A", "focusjobs", "worker", "-I", "benchmarks.tasks"]
        environment = {**os.environ, "STORM_FILE": str(self.file), "LOG_LEVEL": "WARNING"}
        options = ["-n", name, "-c", str(PROCESSES), "-Q", "default", "--without-mingle"]
        worker = subprocess.Popen([*celery, *options], cwd=ROOT, env=environment, stdout=self.log, stderr=self.log)
        self.workers.append(worker)

    # --- workers ---

    def _kill_worker(self) -> None:
        worker = self.dice.choice(self.workers)
        pids = self._struck(worker.pid)
        for pid in pids:
            signal_one(pid, signal.SIGKILL)
        worker.wait()
        self.workers.remove(worker)
        self.thaws = [thaw for thaw in self.thaws if thaw[1] != worker.pid]

    def _kill_child(self) -> None:
        worker = self.dice.choice(self.workers)
        children = [pid for pid in tree(worker.pid) if pid != worker.pid]
        if children:
            signal_one(self._struck(self.dice.choice(children))[0], signal.SIGKILL)

    def _freeze_worker(self) -> None:
        worker = self.dice.choice(self.workers)
        self._struck(worker.pid)
        self.thaws.append((time.monotonic() + LEASE + self.dice.uniform(0.5, 2.5), worker.pid))

    def _struck(self, root: int) -> list[int]:
        """Freeze a process tree and note what it holds: what may be repeated because of what follows."""
        pids = tree(root)
        for pid in pids:
            signal_one(pid, signal.SIGSTOP)
        self._note_held(pids)
        return pids

    def _note_held(self, pids: list[int]) -> None:
        time.sleep(SETTLED)
        with database() as session:
            self.bound += session.execute(HELD, [pids]).fetchone()[0]

    def _note_all_held(self) -> None:
        """Hold everybody's breath for as long as it takes to count what is held."""
        frozen = {pid for _, pid in self.thaws}
        for worker in self.workers:
            signal_tree(worker.pid, signal.SIGSTOP)
        self._note_held([pid for worker in self.workers for pid in tree(worker.pid)])
        for worker in self.workers:
            if worker.pid not in frozen:
                signal_tree(worker.pid, signal.SIGCONT)

    # --- Valkey ---

    def _flush_valkey(self) -> None:
        valkey().flushall()

    def _restart_valkey(self) -> None:
        self.services.stop_server("valkey", self.dice.choice([signal.SIGTERM, signal.SIGKILL]))
        time.sleep(self.dice.uniform(0.2, 1.5))
        self.services.start_server("valkey")

    # --- PostgreSQL ---

    def _end_connections(self) -> None:
        """Terminate about half of the connections, the producer's among them."""
        self._note_all_held()
        with database() as session:
            for (pid,) in session.execute(CONNECTIONS).fetchall():
                if self.dice.random() < 0.5:
                    session.execute("SELECT pg_terminate_backend(%s)", [pid])

    def _restart_postgres(self) -> None:
        """Stop it fast or at once, as a crash would, with everybody at work, and start it again."""
        self._note_all_held()
        self.services.stop_server("postgres", self.dice.choice([signal.SIGINT, signal.SIGQUIT]))
        time.sleep(self.dice.uniform(0.1, 1.5))
        self.services.start_server("postgres")
