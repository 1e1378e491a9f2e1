"""Real Celery workers for tests: started on the test's database, signalled, and never left behind."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from tests.launching import Process, launch

T = TypeVar("T")
READY_SECONDS = 60.0
LEASE_SECONDS = 2
"""Leases are short, so that a test need not wait for long until a dead worker's jobs come back."""


def eventually(condition: Callable[[], T], *, seconds: float = 20.0) -> T:
    """Wait until a condition holds and give its value; fails after the deadline."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds:g} seconds"
        time.sleep(0.05)
    return value


class Worker:
    """A `celery worker` in a session of its own, with its pool's processes, and its log."""

    READY = r" ready\."
    """What its log says once it takes messages."""

    def __init__(self, directory: Path, environment: Mapping[str, str] | None = None) -> None:
        self.directory = directory
        self.environment = environment or {}
        self.started = 0
        self.process: Process | None = None

    @property
    def log(self) -> str:
        """What the latest process wrote."""
        return self._log_file.read_text(errors="replace")

    @property
    def _log_file(self) -> Path:
        return self.directory / f"worker-{self.started}.log"

    @property
    def pid(self) -> int:
        """The process that leads the pool."""
        pid = self.process and self.process.pid
        assert pid is not None, "the worker was not started"
        return pid

    def start(self, *options: str, wait: bool = True) -> Self:
        """Start it, unless it runs already; with `wait`, return once it is ready."""
        if not self.runs():
            module, *arguments = self._command()
            self.process = launch(module, [*arguments, *options], self._environment(), self._new_log())
        return self.wait_until_ready() if wait else self

    def _command(self) -> list[str]:
        """What `python -m` is to run."""
        argv = ["celery", "-A", "focusjobs", "worker", "-I", "tests.tasks", "-c", "2"]
        return [*argv, "-l", "INFO", "--without-mingle", "--without-gossip", "-n", f"test-{os.getpid()}-{id(self)}@%h"]

    def _new_log(self) -> Path:
        self.started += 1
        self._log_file.touch()
        return self._log_file

    def _environment(self) -> dict[str, str]:
        database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE_URL": database.geturl(),
            "REDIS_URL": settings.REDIS_URL,
            "JOBS_LEASE_SECONDS": str(LEASE_SECONDS),
            **self.environment,
        }

    def wait_until_ready(self) -> Self:
        """Return once it is ready; fails with its log when it ends or the time is up."""
        deadline = time.monotonic() + READY_SECONDS
        while not re.search(self.READY, self.log):
            assert self.runs(), self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.05)
        return self

    def runs(self) -> bool:
        """Tell whether its leading process is there."""
        return self.process is not None and self.process.is_alive()

    def signal_all(self, number: signal.Signals) -> None:
        """Send a signal to the leading process and its pool at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def kill(self) -> None:
        """End all its processes as a power failure would."""
        if self.process is not None:
            self.signal_all(signal.SIGKILL)
            self.process.kill()  # it may have been forked and have no session of its own yet
            self.process.join()

    def stop(self, seconds: float = 30.0) -> int:
        """Shut it down in an orderly way and give its exit code."""
        assert self.process is not None, "the worker was not started"
        self.process.terminate()
        return self.exit_code(seconds)

    def exit_code(self, seconds: float) -> int:
        """Wait until it has ended, and give its exit code; fails after so many seconds."""
        assert self.process is not None, "the worker was not started"
        self.process.join(seconds)
        assert self.process.exitcode is not None, f"it runs after {seconds:g} seconds:\n{self.log}"
        return self.process.exitcode
