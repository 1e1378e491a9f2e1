"""A phone: WatermelonDB in a process of Node.js, driven over its standard input and output."""

from __future__ import annotations

import json
import selectors
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

PROGRAM = Path(__file__).parent / "watermelondb"
ANSWER_SECONDS = 60.0

Row = dict[str, Any]


class PhoneError(Exception):
    """What the phone's program answered in place of a result."""


class Offline(PhoneError):
    """A request of the phone, or its answer, did not arrive."""


class PhoneDied(Exception):
    """The phone's process ended before it answered."""


class App:
    """The process of the app. It is slow to start, so that phones that were not killed leave theirs to the next."""

    def __init__(self, directory: Path) -> None:
        self.log_file = directory / f"{uuid4().hex}.log"
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                ["node", "--import", "./folders.mjs", "phone.mjs"],
                cwd=PROGRAM,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self.rests = True
        """Every command was answered."""

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    def ask(self, command: str, **options: Any) -> Any:
        """Give a command and its result; raises `PhoneError` with what the program says, or `PhoneDied`."""
        assert self.process.stdin is not None
        self.rests = False
        try:
            self.process.stdin.write(json.dumps({"do": command, **options}).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError as error:
            raise PhoneDied(self.log) from error
        answer = json.loads(self._line())
        self.rests = True
        if "error" in answer:
            raise (Offline if "fetch failed" in answer["error"] else PhoneError)(answer["error"])
        return answer["result"]

    def _line(self) -> bytes:
        stdout = self.process.stdout
        assert stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            assert selector.select(ANSWER_SECONDS), f"no answer in {ANSWER_SECONDS:g} s: {self.log}"
        line = stdout.readline()  # a line is written whole
        if not line:
            self.process.wait()
            raise PhoneDied(self.log)
        return line

    def kill(self) -> None:
        """End the process as a flat battery would."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


class Drawer:
    """Where apps lie that run and belong to no phone."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._apps: list[App] = []

    def take(self) -> App:
        """Give an app that runs."""
        return self._apps.pop() if self._apps else App(self._directory)

    def put(self, app: App) -> None:
        """Keep an app for another phone, unless it died or is in the middle of something."""
        if app.rests:
            self._apps.append(app)
        else:
            app.kill()

    def empty(self) -> None:
        """End them all."""
        for app in self._apps:
            app.kill()


class Phone:
    """One device with its database file, which outlives its app."""

    def __init__(
        self, directory: Path, drawer: Drawer, *, server: str, token: str, device: str, version: int = 2
    ) -> None:
        self.device = device
        self._drawer = drawer
        self._settings = {"file": str(directory / f"{device}.db"), "server": server, "token": token, "device": device}
        self._start(version)

    def _start(self, version: int) -> None:
        """Start the app, as its version 1 or 2, on the file as it is."""
        self._app = self._drawer.take()
        self._app.ask("open", **self._settings, version=version)

    def __call__(self, command: str, **options: Any) -> Any:
        """Give a command and its result; raises `PhoneError` with what the program says, or `PhoneDied`."""
        return self._app.ask(command, **options)

    def sync(self, *, push: Sequence[str] = (), pull: Sequence[str] = (), prefer: str = "") -> list[Row]:
        """Sync and give the requests it took; raises `Offline` where the network failed.

        `push` and `pull` are the faults that the first requests of each kind meet (`watermelondb/network.mjs`);
        `prefer` is a header of the pushes.
        """
        self("network", push=list(push), pull=list(pull), prefer=prefer)
        return self("sync")

    def habit(self, identifier: str) -> Row:
        """Give a row of the phone's table of habits."""
        return next(row for row in self("dump")["habits"] if row["id"] == identifier)

    def value(self, cell: str) -> float | None:
        """Give the value of a completion."""
        return next(row["value"] for row in self("dump")["completions"] if row["id"] == cell)

    def rows(self) -> dict[str, list[Row]]:
        """Give all rows without the marks by which the phone knows what it has to push."""
        dump = self("dump")
        return {table: [_unmarked(row) for row in dump[table]] for table in ("habits", "completions")}

    def unsynced(self) -> bool:
        """Tell whether the phone has something that it must push."""
        return self("dump")["unsynced"]

    def put_away(self) -> None:
        """Leave the app to another phone."""
        self._drawer.put(self._app)

    def restart(self, version: int = 2) -> None:
        """Kill the app and start it again on its file."""
        self._app.kill()
        self._start(version)


NewPhone = Callable[..., Phone]
"""Makes another phone of the same person; with `version=1`, one with the older app."""


def both_sync(phone: Phone, other: Phone) -> None:
    """Each pushes, then each fetches what the other pushed, and what the server made of its own rows."""
    for _ in range(2):
        phone.sync()
        other.sync()


def _unmarked(row: Row) -> Row:
    return {name: value for name, value in row.items() if not name.startswith("_")}
