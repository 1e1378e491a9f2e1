"""Processes of a benchmark, and what CPU they took, from /proc."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count() or 1

QUIET = 0.1
"""Share of the machine that others may take when a run begins."""


def _table() -> dict[int, tuple[int, int]]:
    """Give each process's parent and the ticks that it and its reaped children took."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        found[int(entry.parent.name)] = int(fields[1]), sum(map(int, fields[11:15]))
    return found


def tree(root: int) -> list[int]:
    """Give a process and all that descend from it."""
    children = defaultdict(list)
    for pid, (parent, _) in _table().items():
        children[parent].append(pid)
    found = [root]
    for pid in found:
        found.extend(children[pid])
    return found


def cpu_seconds(*roots: int) -> float:
    """Give the CPU seconds that these process trees took so far."""
    table = _table()
    return sum(table[pid][1] for root in roots for pid in tree(root) if pid in table) / TICKS


def busy_seconds() -> float:
    """Give the CPU seconds that the whole machine took so far."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    )
    return (user + nice + system + irq + softirq + steal) / TICKS


@dataclass
class Load:
    """How busy others kept the machine since this was made."""

    at: float
    busy: float
    own: float

    @classmethod
    def begin(cls) -> Load:
        """Look at the clock and at /proc."""
        return cls(time.monotonic(), busy_seconds(), cpu_seconds(os.getpid()))

    def foreign(self) -> float:
        """Give the share of the machine (0 to 1) that processes outside this benchmark took."""
        others = busy_seconds() - self.busy - (cpu_seconds(os.getpid()) - self.own)
        return max(0.0, others / (time.monotonic() - self.at) / CORES)


def wait_for_quiet(seconds: float) -> None:
    """Return when others leave the machine alone, or when the time is up."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        load = Load.begin()
        time.sleep(0.5)
        if load.foreign() < QUIET:
            return


def wait_until(condition: Callable[[], object], seconds: float, otherwise: str) -> None:
    """Return when a condition holds. Raises `TimeoutError` with `otherwise` when the time is up."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{otherwise} within {seconds:.0f} seconds")
        time.sleep(0.02)


def port_of(log: Path, process: subprocess.Popen[bytes]) -> int:
    """Give the port on which gunicorn says that it listens. Raises `RuntimeError` with its log where it does not."""
    deadline = time.monotonic() + 60
    while not (found := re.search(r"Listening at: http://127\.0\.0\.1:(\d+)", log.read_text())):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(log.read_text())
        time.sleep(0.05)
    return int(found[1])


def stop(process: subprocess.Popen, seconds: float = 10) -> None:
    """Ask a process to end, and kill its tree where it does not."""
    pids = tree(process.pid)
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        for pid in pids:
            signal_one(pid, signal.SIGKILL)
        process.wait()


def signal_tree(root: int, number: int) -> None:
    """Send a signal to a process and its descendants."""
    for pid in tree(root):
        signal_one(pid, number)


def signal_one(pid: int, number: int) -> None:
    """Send a signal to a process, where it is still there."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
