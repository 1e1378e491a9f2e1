"""`manage.py dev`: the demo as a person starts, joins and kills it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from focusjobs.dev.guard import RUN_VARIABLE, marked

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    """A demo of its own beside the developer's: other data, another port, embedded services.

    Its tables are made once for the module: that is most of a first start.
    """
    directory = Path(tempfile.mkdtemp())
    directory.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    yield {**kept, "DEV_DIRECTORY": str(directory / ".dev"), "PORT": str(free_port())}
    shutil.rmtree(directory)


def start_demo(environment: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "manage.py", "dev"]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def read_until_ready(demo: subprocess.Popen[str]) -> str:
    """Read the output up to the line that promises everything; the demo itself has a deadline for it."""
    assert demo.stdout is not None
    lines: list[str] = []
    for line in demo.stdout:
        lines.append(line)
        if line.startswith("Focusjobs is ready"):
            return "".join(lines)
    raise AssertionError("".join(lines))


def manage(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def run_directory(environment: dict[str, str]) -> str:
    published = (Path(environment["DEV_DIRECTORY"]) / "env").read_text()
    address = next(line for line in published.splitlines() if line.startswith("REDIS_URL="))
    return address.removeprefix("REDIS_URL=unix://").removesuffix("/s/valkey.sock?db=0")


def processes_of(run: str) -> dict[int, str]:
    return marked([f"{RUN_VARIABLE}={run}", f"unix_socket_directories={run}/s", f"{run}/s/valkey.sock"])


@contextmanager
def ready_demo(environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A demo that is ready, and what it said; killed at the end, should it still run."""
    demo = start_demo(environment)
    try:
        yield demo, read_until_ready(demo)
    finally:
        demo.kill()
        demo.communicate()


@pytest.fixture(scope="module")
def first(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """The demo that makes the tables."""
    with ready_demo(environment) as (demo, _):
        yield demo


def test_the_demo_answers_is_joined_and_refuses_a_second_one(
    environment: dict[str, str], first: subprocess.Popen[str]
) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{environment['PORT']}/readyz", timeout=5) as response:
        assert json.load(response)["status"] == "ok"

    asked = manage(environment, "shell", "-c", "from habits.models import User; print(User.objects.count() >= 0)")
    assert asked.stdout.endswith("True\n"), asked.stderr

    second = manage({**environment, "PORT": str(free_port())}, "dev")
    assert second.returncode == 1
    assert "A demo runs already" in second.stderr
    busy = manage(environment, "dev")
    assert busy.returncode == 1
    assert "PORT=9000 make demo" in busy.stderr


def test_sigterm_stops_the_demo_in_order_and_a_second_start_is_quick_and_leaves_nothing_after_sigkill(
    environment: dict[str, str], first: subprocess.Popen[str]
) -> None:
    run = run_directory(environment)
    first.send_signal(signal.SIGTERM)
    rest, _ = first.communicate(timeout=30)
    assert first.returncode == 0
    assert "Warm shutdown" in rest
    assert processes_of(run) == {}
    assert not Path(run).exists()

    begun = time.monotonic()
    with ready_demo(environment) as (demo, said):
        warm = time.monotonic() - begun
        assert "Creating the tables" not in said
        assert warm < 30, "10 seconds on a quiet machine"
        run = run_directory(environment)
        assert {"postgres", "valkey-server"} <= set(processes_of(run).values())
        demo.kill()
    deadline = time.monotonic() + 10
    while processes_of(run) or Path(run).exists():
        assert time.monotonic() < deadline, processes_of(run)
        time.sleep(0.05)

    alone = manage(environment, "shell", "-c", "pass")
    assert alone.returncode == 1
    assert alone.stderr.startswith("DATABASE_URL and REDIS_URL are not set, and no demo runs")


@pytest.mark.parametrize("port", ["0", "65536", "web"])
def test_a_port_that_is_none_is_refused_with_a_sentence(environment: dict[str, str], port: str) -> None:
    answer = manage({**environment, "PORT": port}, "dev")
    assert answer.returncode == 1
    assert f"PORT is '{port}': it must be a number from 1 to 65535" in answer.stderr
    assert "Traceback" not in answer.stderr
