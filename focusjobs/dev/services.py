"""Embedded PostgreSQL and Valkey for development and tests: start, addresses, orders, stop."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal
from urllib.parse import quote

from focusjobs.dev import guard
from focusjobs.dev.account import Account, own_directory, reachable, server_account
from focusjobs.dev.binaries import Program, find_postgres, find_valkey, runnable_by
from focusjobs.dev.errors import DevError
from focusjobs.dev.guard import RUN_VARIABLE, ServerPlan

LOCK_SECONDS = 15.0
"""A run before this one may still be stopping: at most 10 seconds."""
PREFIX = "focusjobs-run-"

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
        held = [locks.enter_context(_locked(self.data / "services.lock", LOCK_SECONDS))] if self.data else []
        sweep()
        held.append(locks.enter_context(self._make_run_directory(account)))
        home = _data_home(self.data, account) if self.data else self.run_directory
        plans = list(self._plans(found, home))
        _stop_strays(plans)
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
        self.run_directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_temporary_place()))
        draft = self.run_directory / "guard.lock.new"
        lock = _locked(draft, 0)
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
            yield _valkey_plan(found["valkey"], home, sockets, durable)
        if "postgres" in found:
            yield _postgres_plan(found["postgres"], home, sockets, durable)

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


# --- Plans -----------------------------------------------------------------------------------------------------------


def _postgres_plan(program: Program, home: Path, sockets: Path, durable: bool) -> ServerPlan:
    data = home / "postgres"
    _check_data_version(data, program)
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "timezone": "UTC",
        "log_timezone": "UTC",
        **({} if durable else {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}),
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return ServerPlan(
        name="postgres",
        argv=[str(program.path), "-D", str(data), *options],
        data=str(data),
        initialise=_initdb(program),
        log=str(home / "postgres.log"),
        stop_signal=signal.SIGINT if durable else signal.SIGQUIT,  # fast shutdown; immediate, as the data is not kept
        probe=str(data / "postmaster.pid"),
    )


def _initdb(program: Program) -> list[str]:
    """Return the command that creates a cluster whatever locales the machine has; PostgreSQL 17 brings its own."""
    own_locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    locale = own_locale if program.major >= 17 else ["--locale=C.UTF-8"]
    initdb = str(program.sibling("initdb"))
    return [initdb, "-U", "postgres", "-E", "UTF8", "--auth=trust", "--no-sync", "--no-instructions", *locale, "-D"]


def _check_data_version(data: Path, program: Program) -> None:
    made_by = data / "PG_VERSION"
    if made_by.exists() and made_by.read_text().strip() != str(program.major):
        raise DevError(
            f"{data} was made by PostgreSQL {made_by.read_text().strip()}, and {program.path} is version "
            f"{program.version}. Remove the old data with `make clean`."
        )


def _valkey_plan(program: Program, home: Path, sockets: Path, durable: bool) -> ServerPlan:
    data, path = str(home / "valkey"), str(sockets / "valkey.sock")
    kept = ["--appendonly", "yes", "--appendfsync", "everysec"] if durable else ["--appendonly", "no"]
    network = ["--port", "0", "--unixsocket", path, "--unixsocketperm", "700"]
    return ServerPlan(
        name="valkey",
        argv=[str(program.path), *network, "--dir", data, "--save", "", "--set-proc-title", "no", *kept],
        data=data,
        initialise=[],
        log=str(home / "valkey.log"),
        stop_signal=signal.SIGTERM,
        probe=path,
    )


# --- Places, locks and leftovers -------------------------------------------------------------------------------------


def _temporary_place() -> str:
    """Return /tmp where that exists: a socket's path has room for about 100 characters."""
    return "/tmp" if os.access("/tmp", os.W_OK) else tempfile.gettempdir()  # noqa: S108


def _data_home(data: Path, account: Account | None) -> Path:
    """Return where the servers' data lies: `data`, or a place below /var/tmp that their account can reach."""
    if reachable(data, account):
        return data
    name = hashlib.sha256(str(data).encode()).hexdigest()[:12]
    home = own_directory(Path(f"/var/tmp/focusjobs-data-{name}"), 0o711)  # noqa: S108
    pointer = data / "elsewhere"  # `make clean` follows it
    if not pointer.is_symlink():
        pointer.symlink_to(home)
    return home


def _locked(path: Path, seconds: float) -> IO[str]:
    """Open and lock a file, waiting up to `seconds`; raises `DevError` when somebody else keeps it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + seconds
    file = path.open("a+")
    while not _try_lock(file):
        if time.monotonic() > deadline:
            file.close()
            raise DevError(f"The development services of {path.parent} are in use: stop the other `make demo` first.")
        time.sleep(0.1)
    return file


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def sweep() -> None:
    """Stop and remove what runs whose guard was killed left behind; runs that are alive are not touched."""
    for lock in Path(_temporary_place()).glob(f"{PREFIX}*/guard.lock"):
        if lock.stat().st_uid == os.geteuid():
            _sweep_run(lock)


def _sweep_run(path: Path) -> None:
    with path.open("a+") as lock:
        if _try_lock(lock):
            run = path.parent
            sockets = run / "s"
            guard.stop_marked(
                [f"{RUN_VARIABLE}={run}", f"unix_socket_directories={sockets}", str(sockets / "valkey.sock")], 3
            )
            shutil.rmtree(run, ignore_errors=True)  # another start may be removing it as well


def _stop_strays(plans: list[ServerPlan]) -> None:
    """Stop servers that still work on this run's data; the lock on it shows that nobody owns them."""
    data = [plan.data for plan in plans if os.path.exists(plan.data)]
    if data:
        guard.stop_marked(data, 5)
