"""Where the embedded servers keep their files, the locks on them, and clearing up after runs whose guard was killed."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import IO

from focusjobs.dev import guard
from focusjobs.dev.account import Account, own_directory, reachable
from focusjobs.dev.errors import DevError
from focusjobs.dev.guard import RUN_VARIABLE, ServerPlan

PREFIX = "focusjobs-run-"


def temporary_place() -> str:
    """Return /tmp where that exists: a socket's path has room for about 100 characters."""
    return "/tmp" if os.access("/tmp", os.W_OK) else tempfile.gettempdir()  # noqa: S108


def data_home(data: Path, account: Account | None) -> Path:
    """Return where the servers' data lies: `data`, or a place below /var/tmp that their account can reach."""
    if reachable(data, account):
        return data
    name = hashlib.sha256(str(data).encode()).hexdigest()[:12]
    home = own_directory(Path(f"/var/tmp/focusjobs-data-{name}"), 0o711)  # noqa: S108
    pointer = data / "elsewhere"  # `make clean` follows it
    if not pointer.is_symlink():
        pointer.symlink_to(home)
    return home


def locked(path: Path, seconds: float) -> IO[str]:
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
    for lock in Path(temporary_place()).glob(f"{PREFIX}*/guard.lock"):
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


def stop_strays(plans: list[ServerPlan]) -> None:
    """Stop servers that still work on this run's data; the lock on it shows that nobody owns them."""
    data = [plan.data for plan in plans if os.path.exists(plan.data)]
    if data:
        guard.stop_marked(data, 5)
