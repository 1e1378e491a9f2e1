"""The environment of a running demo, written by the demo and joined by other commands beside it."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path

from focusjobs.dev.errors import DevError

NOTHING_RUNS = (
    "DATABASE_URL and REDIS_URL are not set, and no demo runs from this directory. "
    "Start `make demo` in another terminal, or set both."
)


def dev_directory() -> Path:
    """Return where the demo keeps its data: .dev in the repository, or DEV_DIRECTORY."""
    return Path(os.environ.get("DEV_DIRECTORY") or Path(__file__).resolve().parents[2] / ".dev").resolve()


def given(name: str) -> bool:
    """Tell whether a setting comes from the environment, as itself or as a file (NAME_FILE)."""
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def join_running_demo() -> None:
    """Set what the demo runs with, unless both addresses are given. Raises `DevError` when no demo runs."""
    if given("DATABASE_URL") and given("REDIS_URL"):
        return
    if not _demo_runs():
        raise DevError(NOTHING_RUNS)
    for line in (dev_directory() / "env").read_text().splitlines():
        name, _, value = line.partition("=")
        os.environ.setdefault(name, value)


def publish(values: dict[str, str]) -> None:
    """Write the demo's environment for others to join, readable by its owner alone."""
    draft = dev_directory() / "env.new"
    draft.touch(mode=0o600)
    draft.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    draft.rename(dev_directory() / "env")


def _demo_runs() -> bool:
    """Tell whether somebody holds the demo's lock and has published its environment."""
    try:
        with (dev_directory() / "demo.lock").open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return (dev_directory() / "env").exists()
    except FileNotFoundError:
        return False
    return False


def web_port() -> int:
    """Return the demo's port: PORT, else 8000. Raises `DevError` when it is no port or is in use."""
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise DevError(f"PORT is {text!r}: it must be a number from 1 to 65535, for example `PORT=9000 make demo`.")
    port = int(text)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except OSError as error:
            other = 9000 if port != 9000 else 9001
            reason = f"Port {port} cannot be used ({error.strerror})."
            raise DevError(f"{reason} Choose another one: `PORT={other} make demo`.") from None
    return port
