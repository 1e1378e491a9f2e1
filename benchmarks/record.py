"""`make bench`: run benchmarks, keep the figures of their last lines, and bring the tables of docs/proof.md up to date.

A benchmark is a module here whose last line is JSON. `QUICK=1` measures without keeping anything.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import proof

EVERY = (
    *("jobs", "growth", "storm", "sync", "convergence", "nightly", "histories", "kills"),
    *("reminders", "console", "retries", "hosts"),
)
"""What `make bench` alone measures, one after another, since each wants the machine to itself. `capacity` is not among
them: it keeps costs for the model of docs/scale.md, not figures."""


def main() -> int:
    """Run the benchmark that is named, with its arguments, or every one; exit code 1 where a bar is missed."""
    name, *arguments = sys.argv[1:]
    if name == "all":
        return max([record(one, []) for one in EVERY])
    return record(name, arguments)


def record(name: str, arguments: list[str]) -> int:
    """Run a benchmark, passing on what it prints, and keep its figures, also where they miss a bar."""
    code, last = _run([sys.executable, "-m", f"benchmarks.{name}", *arguments])
    if name in EVERY and (figures := _figures(last)) and not os.environ.get("QUICK"):
        keep(name, figures)
        proof.rewrite()
    return code


def _run(command: list[str]) -> tuple[int, str]:
    last = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            last = line
    return process.returncode, last


def _figures(line: str) -> dict[str, Any] | None:
    try:
        figures = json.loads(line)
    except ValueError:
        return None
    return figures if isinstance(figures, dict) else None


def keep(name: str, figures: dict[str, Any]) -> None:
    """Store the figures of a benchmark in place of earlier ones, with the day and the machine."""
    measured = {"measured": datetime.now(UTC).date().isoformat(), "machine": _machine(), "figures": figures}
    path = proof.RESULTS / f"{name}.json"
    path.write_text(json.dumps(measured, indent=1, sort_keys=True) + "\n")


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine()
    )
    return f"{os.cpu_count()} cores, {model}, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main())
