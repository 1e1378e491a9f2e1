"""A job queue under measurement: its client and worker processes, and what is measured of any of them."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.processes import Load, cpu_seconds, signal_tree, stop
from benchmarks.servers import ROOT, database

OTHERS = str(ROOT / ".venv-bench" / "bin" / "python")
BULLMQ = ROOT / "benchmarks" / "bullmq"
SIZE = 1000
"""Jobs a bulk call enqueues, for everybody."""


@dataclass(frozen=True)
class Contender:
    """How to start a queue's client and workers."""

    name: str
    client: tuple[str, ...]
    worker: tuple[str, ...]
    workers: int = 1
    environment: dict[str, str] = field(default_factory=dict)


def focusjobs(processes: int) -> Contender:
    """Give the product: one Celery worker with so many prefork processes."""
    celery = (sys.executable, "-m", "celery", "-A", "focusjobs", "worker", "-I", "benchmarks.tasks", "-Q", "default")
    return Contender("focusjobs", _client("focusjobs"), (*celery, "-c", str(processes)))


def bullmq(backend: str, concurrency: int, processes: int = 1) -> Contender:
    """Give BullMQ on Valkey or on PostgreSQL: so many node processes with so many jobs at once each."""
    return Contender(
        "bullmq" if backend == "redis" else "bullmq_postgres",
        ("node", str(BULLMQ / "client.js")),
        ("node", str(BULLMQ / "worker.js"), str(concurrency)),
        processes,
        {"BENCH_BACKEND": backend},
    )


def others() -> list[Contender]:
    """Give the Python queues, each as its documentation runs it, with two processes where it has processes."""
    plain = (sys.executable, "-m", "celery", "-A", "benchmarks.plain", "worker", "-c", "2", "-l", "WARNING")
    threads = (OTHERS, "-m", "dramatiq", "benchmarks.plain.dramatiq", "-p", "2", "-t", "8")
    tasks = (OTHERS, "-m", "procrastinate", "--app", "benchmarks.plain.procrastinate.app", "worker", "-c", "50")
    return [
        Contender("celery_django_db", _client("celery_django_db"), plain),
        Contender("rq", _client("rq", OTHERS), (OTHERS, "-m", "benchmarks.plain.rq"), 2),
        Contender("dramatiq", _client("dramatiq", OTHERS), threads),
        Contender("procrastinate", _client("procrastinate", OTHERS), tasks),
    ]


def _client(name: str, python: str = sys.executable) -> tuple[str, ...]:
    return python, "-m", "benchmarks.clients", name


class WorkerEndedError(Exception):
    """A worker ended by itself, or by somebody's signal."""


class Session:
    """A contender whose client and workers run."""

    def __init__(self, contender: Contender, servers: int, directory: Path) -> None:
        self.contender = contender
        self.servers = servers
        self.pipe_path = directory / "stamps"
        environment = {**os.environ, **contender.environment, "BENCH_PIPE": str(self.pipe_path)}
        if not self.pipe_path.exists():
            os.mkfifo(self.pipe_path)
        self.pipe = os.open(self.pipe_path, os.O_RDWR)
        self.log = (directory / f"{contender.name}.log").open("a")
        options: dict[str, Any] = {"cwd": ROOT, "env": environment, "stderr": self.log}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.client = subprocess.Popen(contender.client, **options, **pipes)
        self.ask("drained")  # which waits until it has made its tables
        started = [subprocess.Popen(contender.worker, stdout=self.log, **options) for _ in range(contender.workers)]
        self.workers = started

    def ask(self, order: str, **details: Any) -> Any:
        """Give the client an order and answer what it answers. Raises `RuntimeError` where it has ended."""
        self.client.stdin.write(json.dumps({"do": order, **details}) + "\n")
        self.client.stdin.flush()
        answer = self.client.stdout.readline()
        if not answer:
            raise RuntimeError(f"The client of {self.contender.name} ended: see its log.")
        return json.loads(answer)

    def wait(self, seconds: float = 120) -> None:
        """Return when no job is left. Raises `TimeoutError` and `WorkerEndedError`."""
        deadline = time.monotonic() + seconds
        while not self.ask("drained"):
            if any(worker.poll() is not None for worker in self.workers):
                raise WorkerEndedError(f"A worker of {self.contender.name} ended: see its log.")
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.contender.name} did not finish its jobs in {seconds:.0f} s.")
            time.sleep(0.01)

    def close(self) -> None:
        """Stop the workers, forget the jobs and stop the client."""
        for worker in self.workers:
            stop(worker)
        self.ask("clear")
        self.client.stdin.close()
        self.client.wait(10)
        os.close(self.pipe)
        self.log.close()

    # --- measurements ---

    def throughput(self, kind: str, jobs: int) -> dict[str, float]:
        """Enqueue jobs while workers run, until all are completed."""
        before, load = self.used(), Load.begin()
        start = time.monotonic()
        self.ask("bulk", kind=kind, jobs=jobs, size=SIZE)
        self.wait()
        seconds = time.monotonic() - start
        used = self.used() - before
        return {"jobs_per_s": jobs / seconds, "cpu_us": used / jobs * 1e6, "foreign": load.foreign()}

    def backlog(self, kind: str, jobs: int) -> dict[str, float]:
        """Enqueue jobs while workers are frozen, then let them work the backlog off."""
        self._signal(signal.SIGSTOP)
        load = Load.begin()
        enqueued = self.ask("bulk", kind=kind, jobs=jobs, size=SIZE)
        loads = [load.foreign()]
        before, load = self.used(), Load.begin()
        start = time.monotonic()
        self._signal(signal.SIGCONT)
        self.wait()
        seconds = time.monotonic() - start
        used = self.used() - before
        return {
            "enqueue_many_per_s": jobs / enqueued,
            "drain_per_s": jobs / seconds,
            "drain_cpu_us": used / jobs * 1e6,
            "foreign": max(*loads, load.foreign()),
        }

    def pickup(self, jobs: int) -> list[dict[str, float]]:
        """Enqueue single jobs on an idle queue; give for each the milliseconds from each mark to its handler."""
        return [self._pick_up_one(n) for n in range(jobs)]

    def _pick_up_one(self, n: int) -> dict[str, float]:
        time.sleep(random.uniform(0.004, 0.012))  # noqa: S311 - so that no worker's rhythm is met
        marks = self.ask("one", n=n)
        number, ran = map(int, os.read(self.pipe, 100).split())
        if number != n:
            raise RuntimeError(f"{self.contender.name} ran job {number} where job {n} was enqueued.")
        return {mark: (ran - at) / 1e6 for mark, at in marks.items()}

    def _signal(self, number: int) -> None:
        for worker in self.workers:
            signal_tree(worker.pid, number)

    def used(self) -> float:
        """Give the CPU seconds that workers and servers took so far."""
        return cpu_seconds(self.servers, *(worker.pid for worker in self.workers))


@contextmanager
def session(contender: Contender, servers: int, directory: Path, warm: int) -> Iterator[Session]:
    """Run a contender, warmed up with some jobs, on servers at rest."""
    with database() as connection:
        connection.execute("TRUNCATE bench_row")
        connection.execute("CHECKPOINT")
    running = Session(contender, servers, directory)
    try:
        running.ask("bulk", kind="noop", jobs=warm, size=SIZE)
        running.wait()
        yield running
    finally:
        running.close()
