"""Embedded PostgreSQL and Valkey for development and tests: start, addresses, orders, stop."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal
from urllib.parse import quote

from focusjobs.dev import guard
from focusjobs.dev.account import Account, server_account
from focusjobs.dev.binaries import Program, find_postgres, find_valkey, runnable_by
from focusjobs.dev.errors import DevError
from focusjobs.dev.guard import RUN_VARIABLE, ServerPlan
from focusjobs.dev.places import PREFIX, data_home, locked, stop_strays, sweep, temporary_place
from focusjobs.dev.plans import postgres_plan, valkey_plan

LOCK_SECONDS = 15.0
"""A run before this one may still be stopping: at most 10 seconds."""

ServerName = Literal["postgres", "valkey"]


class DevServices:
    """PostgreSQL and Valkey on Unix sockets in a private directory, owned by a guard process.

    With `data` (a directory) they are durable and keep their data; without, they are fast, temporary and forget
    everything. They stop with `stop()`, at the end of a `with` block, or when the process that started them ends in
    whatever way. Any number can run at once, but only one on the same `data`.
    """

    def __init__(self, data: Path | None = None, *, postgres: bool = True, valkey: bool = True) -> None:
        self.data = data
        self.wanted = {"postgres": postgres, "valkey": valkey}
        self.versions: dict[str, str] = {}
        self.environment: dict[str, str] = {}
        self.run_directory = Path()
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> DevServices:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> dict[str, str]:
        """Start what is wanted and return the variables to export: DATABASE_URL, REDIS_URL.

        Raises `DevError` when a program is missing, the data is in use or does not fit, or a server does not start.
        """
        account = server_account(self.data / "postgres" if self.data else None)
        programs = {"postgres": find_postgres, "valkey": find_valkey}
        found = {name: runnable_by(programs[name](), account) for name, wanted in self.wanted.items() if wanted}
        self.versions = {name: program.version for name, program in found.items()}
        try:
            with ExitStack() as locks:
                self._launch(found, account, locks)
        except DevError:
            sweep()  # the directory of this run
            raise
        self.environment = self._addresses()
        return self.environment

    def _launch(self, found: dict[str, Program], account: Account | None, locks: ExitStack) -> None:
        """Make way, then start the guard, which inherits the locks and holds them for as long as it lives."""
        held = [locks.enter_context(locked(self.data / "services.lock", LOCK_SECONDS))] if self.data else []
        sweep()
        held.append(locks.enter_context(self._make_run_directory(account)))
        home = data_home(self.data, account) if self.data else self.run_directory
        plans = list(self._plans(found, home))
        stop_strays(plans)
        self._start_guard([lock.fileno() for lock in held], home)
        switch = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
        self._order(run_directory=str(self.run_directory), account=switch, servers=[asdict(plan) for plan in plans])

    def register(self, pid: int) -> None:
        """Let the guard stop this process too, should this one be killed; it must carry `child_environment`."""
        self._order(order="register", pid=pid)

    def child_environment(self) -> dict[str, str]:
        """Return what to add to the environment of registered processes: the addresses and the mark."""
        return {**self.environment, RUN_VARIABLE: str(self.run_directory)}

    def stop_server(self, server: ServerName, number: int | None = None) -> None:
        """Stop one server and return when it has gone; `number` is a signal such as SIGKILL, for fault tests."""
        self._order(order="stop", server=server, number=number)

    def start_server(self, server: ServerName) -> None:
        """Start a server that `stop_server` stopped and return when it answers, at the same address."""
        self._order(order="start", server=server)

    def alive(self) -> bool:
        """Tell whether the guard runs; it ends with the first server that ends by itself."""
        return self._guard is not None and self._guard.poll() is None

    def stop(self) -> None:
        """Stop the registered processes and the servers, and return when all have gone."""
        if self._guard is None:
            return
        self._pipe(self._guard.stdin).close()
        self._guard.wait()
        self._pipe(self._guard.stdout).close()
        self._guard = None
        sweep()

    @property
    def guard_pid(self) -> int:
        """The guard's process id; raises `DevError` when it is not started."""
        if self._guard is None:
            raise DevError("The development services are not started.")
        return self._guard.pid

    # --- inside ---

    def _make_run_directory(self, account: Account | None) -> IO[str]:
        """Create the private directory of this run, recognisable as ours from the moment that it is locked."""
        self.run_directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=temporary_place()))
        draft = self.run_directory / "guard.lock.new"
        lock = locked(draft, 0)
        sockets = self.run_directory / "s"
        sockets.mkdir(mode=0o700)
        if account:
            self.run_directory.chmod(0o711)
            os.chown(sockets, account.uid, account.gid)
        draft.rename(self.run_directory / "guard.lock")
        return lock

    def _plans(self, found: dict[str, Program], home: Path) -> Iterator[ServerPlan]:
        sockets, durable = self.run_directory / "s", self.data is not None
        if "valkey" in found:
            yield valkey_plan(found["valkey"], home, sockets, durable)
        if "postgres" in found:
            yield postgres_plan(found["postgres"], home, sockets, durable)

    def _start_guard(self, locks: list[int], home: Path) -> None:
        with open(home / "guard.log", "ab") as log:
            self._guard = subprocess.Popen(
                [sys.executable, "-S", "-E", guard.__file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                pass_fds=locks,
                start_new_session=True,
                cwd="/",
            )

    def _order(self, **order: Any) -> None:
        """Send one order and wait for its answer; raises `DevError` with the guard's words."""
        if self._guard is None or not self.alive():
            raise DevError("The development services have stopped.")
        pipe = self._pipe(self._guard.stdin)
        pipe.write(json.dumps(order).encode() + b"\n")
        pipe.flush()
        answer = json.loads(self._pipe(self._guard.stdout).readline() or '{"error": "The guard of the servers ended."}')
        if "error" in answer:
            self.stop()
            raise DevError(answer["error"])

    @staticmethod
    def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
        assert pipe is not None  # noqa: S101  both are PIPE
        return pipe

    def _addresses(self) -> dict[str, str]:
        sockets = self.run_directory / "s"
        addresses = {
            "postgres": ("DATABASE_URL", f"postgresql://postgres@/postgres?host={quote(str(sockets), safe='')}"),
            "valkey": ("REDIS_URL", f"unix://{sockets}/valkey.sock?db=0"),
        }
        return dict(addresses[name] for name, wanted in self.wanted.items() if wanted)
