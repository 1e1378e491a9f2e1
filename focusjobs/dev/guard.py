"""The process that owns the embedded servers, so that nothing outlives the one who asked for them.

A script of its own (standard library only). It reads one JSON order a line from standard input and answers on standard
output. End of input means that the owner left, even by SIGKILL: the processes that it had registered and the servers
are stopped, and a temporary directory is removed. A guard that was itself killed with SIGKILL leaves its run directory
with an unlocked `guard.lock`; `sweep` in `places` recognises the leftovers by it at the next start.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RUN_VARIABLE = "FOCUSJOBS_RUN"
SERVER_NAMES = frozenset({"postgres", "valkey-server", "redis-server"})
START_SECONDS = 60.0
"""Crash recovery of a development database takes a few seconds at most."""
CHILD_SECONDS = 2.0
"""For children whose runner was killed. Celery often does not get further than the words it cannot say any more."""
SERVER_SECONDS = 4.0
"""With the children's, under the 10 seconds after which nothing may be left."""


class StartFailedError(Exception):
    """A server did not start; the message says which and why."""


@dataclass(frozen=True)
class ServerPlan:
    """How to prepare, start, probe and stop one server."""

    name: str
    argv: list[str]
    data: str
    initialise: list[str]  # run once with the new data directory as last argument; empty: nothing to do
    log: str
    stop_signal: int
    probe: str  # PostgreSQL: its pid file; Valkey: its socket


# --- Recognising processes -------------------------------------------------------------------------------------------


def marked(marks: Iterable[str]) -> dict[int, str]:
    """Return the processes that are ours, as pid and program name, by marks that no other process can carry.

    A server is ours when one of its arguments equals a mark, any other process when an entry of its environment does.
    Needs /proc: elsewhere the answer is empty.
    """
    wanted = frozenset(marks)
    pids = (int(entry) for entry in (os.listdir("/proc") if os.path.isdir("/proc/self") else []) if entry.isdigit())
    return {pid: name for pid in pids if (name := _ours(pid, wanted)) and pid != os.getpid()}


def _ours(pid: int, marks: frozenset[str]) -> str:
    command = _strings(f"/proc/{pid}/cmdline")
    name = os.path.basename(command[0]) if command else ""
    carried = command if name in SERVER_NAMES else _strings(f"/proc/{pid}/environ")
    return name if marks.intersection(carried) else ""


def _strings(path: str) -> list[str]:
    try:
        content = Path(path).read_bytes()
    except OSError:  # it has ended, or belongs to somebody else
        return []
    return content.decode(errors="surrogateescape").split("\0")


def stop_marked(marks: Iterable[str], seconds: float) -> None:
    """Ask the marked processes to end, and kill those that are left after `seconds`; give up 5 seconds later."""
    marks, asked, deadline = frozenset(marks), set[int](), time.monotonic() + seconds
    while (left := marked(marks)) and time.monotonic() < deadline + 5:
        for pid, name in left.items():
            if time.monotonic() > deadline:
                send(pid, signal.SIGKILL)
            elif pid not in asked:
                send(pid, signal.SIGINT if name == "postgres" else signal.SIGTERM)
        asked.update(left)
        time.sleep(0.05)


def send(pid: int, number: int) -> None:
    """Signal a process; one that has just ended is as good as stopped."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


# --- Servers ---------------------------------------------------------------------------------------------------------


class Server:
    """One server process and its life."""

    def __init__(self, plan: ServerPlan, account: dict[str, Any]) -> None:
        self.plan = plan
        self.account = account
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Prepare the data directory if it is new, and start without waiting."""
        if not os.path.exists(self.plan.data):
            self._initialise(f"{self.plan.data}.new")
        self.process = self._run(self.plan.argv)

    def _initialise(self, draft: str) -> None:
        """Make the data directory under another name first: one that exists is complete."""
        shutil.rmtree(draft, ignore_errors=True)
        os.mkdir(draft, 0o700)
        if self.account:
            os.chown(draft, self.account["user"], self.account["group"])
        if self.plan.initialise and self._run([*self.plan.initialise, draft]).wait() != 0:
            raise StartFailedError(self._why("could not create its data"))
        os.rename(draft, self.plan.data)

    def _run(self, argv: list[str]) -> subprocess.Popen[bytes]:
        environment = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}
        with open(self.plan.log, "ab") as log:
            return subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                cwd="/",
                start_new_session=True,
                **self.account,
            )

    def wait_until_ready(self) -> None:
        """Return once the server answers; raises `StartFailedError` when it ends or START_SECONDS pass."""
        deadline = time.monotonic() + START_SECONDS
        while not self._ready():
            if self.died():
                raise StartFailedError(self._why("ended while starting"))
            if time.monotonic() > deadline:
                raise StartFailedError(self._why(f"did not answer within {START_SECONDS:.0f} seconds"))
            time.sleep(0.02)

    def _ready(self) -> bool:
        if self.process is None:
            return False
        return (
            _postgres_ready(self.plan.probe, self.process.pid)
            if self.plan.name == "postgres"
            else _valkey_ready(self.plan.probe)
        )

    def _why(self, what: str) -> str:
        tail = Path(self.plan.log).read_text(errors="replace").splitlines()[-8:]
        return "\n".join([f"{self.plan.name} {what}. The end of {self.plan.log}:", *tail])

    def died(self) -> bool:
        """Tell whether the server ended without having been asked to."""
        return self.process is not None and self.process.poll() is not None

    def stop(self, first: int | None = None) -> None:
        """Stop and wait: the planned signal (or `first`), then SIGQUIT, then SIGKILL."""
        if self.process is None:
            return
        for number, seconds in (
            (first or self.plan.stop_signal, SERVER_SECONDS),
            (signal.SIGQUIT, 1.0),
            (signal.SIGKILL, None),
        ):
            if self.process.poll() is None:
                self.process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
                break
        self.process = None


def _postgres_ready(pid_file: str, pid: int) -> bool:
    """Read the status line that `pg_ctl -w` reads: the eighth of postmaster.pid, unless an earlier server left it."""
    try:
        lines = Path(pid_file).read_text().splitlines()
    except OSError:
        return False
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _valkey_ready(path: str) -> bool:
    """Send PING; while the append-only file is loading the answer is an error."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(path)
            client.sendall(b"PING\r\n")
            return client.recv(5) == b"+PONG"
        except OSError:
            return False


# --- The guard -------------------------------------------------------------------------------------------------------


class Guard:
    """Starts the planned servers, obeys its owner's orders, and stops everything when the owner is gone."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.owner = os.getppid()
        self.run_directory = plan["run_directory"]
        self.servers = {item["name"]: Server(ServerPlan(**item), plan["account"]) for item in plan["servers"]}
        self.registered: set[int] = set()
        self.pending = b""

    def start(self) -> None:
        """Start all servers at once and wait for each."""
        for server in self.servers.values():
            server.start()
        for server in self.servers.values():
            server.wait_until_ready()

    def serve(self) -> None:
        """Obey until the owner is gone or a server ends by itself."""
        while os.getppid() == self.owner and not any(server.died() for server in self.servers.values()):
            if select.select([0], [], [], 0.5)[0]:
                received = os.read(0, 65536)
                if not received:
                    return
                *lines, self.pending = (self.pending + received).split(b"\n")
                for line in lines:
                    answer(self._obey(**json.loads(line)))

    def _obey(self, order: str, pid: int = 0, server: str = "", number: int | None = None) -> dict[str, str]:
        if order == "register":
            self.registered.add(pid)
        elif order == "stop":
            self.servers[server].stop(number)
        elif order == "start":
            self.servers[server].start()
            self.servers[server].wait_until_ready()
        return {}

    def close(self) -> None:
        """Stop the owner's processes, then the servers; remove the run directory."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        self._stop_registered()
        for server in self.servers.values():
            server.stop()
        shutil.rmtree(self.run_directory)

    def _stop_registered(self) -> None:
        """Ask the registered processes, which ask their own children; kill what carries the mark after CHILD_SECONDS.

        Signalling the children of a Celery worker as well would break off the jobs that it lets finish.
        """
        mark, deadline = f"{RUN_VARIABLE}={self.run_directory}", time.monotonic() + CHILD_SECONDS
        for pid in self.registered & marked([mark]).keys():
            send(pid, signal.SIGTERM)
        while marked([mark]) and time.monotonic() < deadline:
            time.sleep(0.05)
        stop_marked([mark], 0)


def answer(message: dict[str, str]) -> None:
    """Write one JSON line to the owner, unless it has gone: then there is nobody to tell."""
    with contextlib.suppress(BrokenPipeError):
        os.write(1, json.dumps(message).encode() + b"\n")


def main() -> None:
    """Read the plan, start, serve, stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    plan = b""
    while not plan.endswith(b"\n"):
        plan += os.read(0, 1) or sys.exit(0)
    guard = Guard(json.loads(plan))
    try:
        guard.start()
        answer({})
        guard.serve()
    except (StartFailedError, OSError) as error:
        answer({"error": str(error)})
    finally:
        guard.close()


if __name__ == "__main__":
    main()
