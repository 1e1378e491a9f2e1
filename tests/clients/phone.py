"""A phone: WatermelonDB in a process of Node.js, driven over its standard input and output."""

from __future__ import annotations

import json
import selectors
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).parent / "watermelondb"
ANSWER_SECONDS = 60.0

Row = dict[str, Any]


class PhoneError(Exception):
    """What the phone's program answered in place of a result."""


class Offline(PhoneError):
    """A request of the phone, or its answer, did not arrive."""


class PhoneDied(Exception):
    """The phone's process ended before it answered."""


class Phone:
    """One device with its database file, which outlives its process."""

    def __init__(self, directory: Path, *, server: str, token: str, device: str, version: int = 2) -> None:
        self.device = device
        self._file = directory / f"{device}.db"
        self._settings = {"file": str(self._file), "server": server, "token": token, "device": device}
        self._log = directory / f"{device}.log"
        self.start(version)

    def start(self, version: int = 2) -> None:
        """Start the app, as its version 1 or 2, on the file as it is."""
        settings = json.dumps({**self._settings, "version": version})
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["node", "--import", "./folders.mjs", "phone.mjs", settings],
                cwd=PROGRAM,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )

    def __call__(self, command: str, **options: Any) -> Any:
        """Give a command and its result; raises `PhoneError` with what the program says, or `PhoneDied`."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"do": command, **options}).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise PhoneDied(self._log.read_text()) from error
        answer = json.loads(self._line())
        if "error" in answer:
            raise (Offline if "fetch failed" in answer["error"] else PhoneError)(answer["error"])
        return answer["result"]

    def _line(self) -> bytes:
        stdout = self._process.stdout
        assert stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            assert selector.select(ANSWER_SECONDS), f"no answer in {ANSWER_SECONDS:g} s: {self._log.read_text()}"
        line = stdout.readline()  # a line is written whole
        if not line:
            self._process.wait()
            raise PhoneDied(self._log.read_text())
        return line

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

    def kill(self) -> None:
        """End the process as a flat battery would."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def restart(self, version: int = 2) -> None:
        """Kill the app and start it again on its file."""
        self.kill()
        self.start(version)


NewPhone = Callable[..., Phone]
"""Makes another phone of the same person; with `version=1`, one with the older app."""


def both_sync(phone: Phone, other: Phone) -> None:
    """Each pushes, then each fetches what the other pushed, and what the server made of its own rows."""
    for _ in range(2):
        phone.sync()
        other.sync()


def _unmarked(row: Row) -> Row:
    return {name: value for name, value in row.items() if not name.startswith("_")}
