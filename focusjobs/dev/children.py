"""The demo's processes: each in its own process group, its output prefixed with its name."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

COLOURS = {"web": "36", "worker": "33", "beat": "35"}


class Child:
    """A running process of the demo."""

    def __init__(self, name: str, argv: list[str], environment: dict[str, str]) -> None:
        self.name = name
        self.unheard = False
        self.process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment, "PYTHONUNBUFFERED": "1"},
            process_group=0,  # Ctrl-C reaches the runner alone, which stops everybody in order
        )
        self._reader = threading.Thread(target=self._forward, daemon=True)
        self._reader.start()

    def _forward(self) -> None:
        """Copy line by line; `unheard` is set when nobody reads the runner's output any more."""
        assert self.process.stdout is not None  # noqa: S101  it is PIPE
        prefix = _prefix(self.name)
        try:
            for line in self.process.stdout:
                say(prefix + line.decode(errors="replace").rstrip("\n"))
        except BrokenPipeError:
            self.unheard = True

    def ended(self) -> bool:
        """Tell whether the process has ended."""
        return self.process.poll() is not None

    def terminate(self) -> None:
        """Ask the process to stop; it asks its own children."""
        if not self.ended():
            self.process.terminate()

    def kill(self) -> None:
        """Kill the whole group: also what a process that has ended left behind in it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._reader.join(timeout=1)


def stop(children: list[Child], seconds: float) -> None:
    """Ask all to stop, wait up to `seconds`, kill what is left."""
    deadline = time.monotonic() + seconds
    for child in children:
        child.terminate()
    while not all(child.ended() for child in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    for child in children:
        child.kill()


_output = threading.Lock()


def say(text: str) -> None:
    """Print one line or block that no other thread's output cuts."""
    with _output:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


def _prefix(name: str) -> str:
    label = f"{name:<7}| "
    coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return f"\033[{COLOURS[name]}m{label}\033[0m" if coloured else label
