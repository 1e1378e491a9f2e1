"""Starts processes of the project as `python -m` does, without the second that each would take to import it.

The first to be started brings up a process that imports everything and then waits; that one and all others are forked
from it. What runs is what `python -m` would run, in a session of its own, with its own connections and signals. It is
Python's own fork server: https://docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods.
"""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess, SpawnProcess
from multiprocessing.forkserver import ensure_running
from multiprocessing.resource_tracker import ensure_running as ensure_tracker
from pathlib import Path
from unittest.mock import patch

Process = ForkServerProcess | SpawnProcess

CHANGES = "PYTEST_CURRENT_TEST"
"""What pytest changes in the environment with each test, and nobody reads."""

WRITE = os.O_WRONLY | os.O_CREAT | os.O_APPEND

NAME = "launched by a test: "
"""By this and its number PostgreSQL knows a process that was launched."""

_imported: dict[str, str] = {}
"""The environment in which everything was imported: settings are made of it once."""


def launch(module: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> Process:
    """Start `python -m module` with these arguments, and what it writes in `log`.

    With another environment than that of the first call, it is a new interpreter, which imports for itself.
    """
    wanted = {name: value for name, value in environment.items() if name != CHANGES}
    ensure_tracker()  # a process that outlives this one by a moment, and so must not carry the mark of its services
    with patch.dict(os.environ, wanted, clear=True):
        if not _imported:
            _imported.update(wanted)
            get_context("forkserver").set_forkserver_preload(["tests.imported"])
            ensure_running()
        method = get_context("forkserver" if wanted == _imported else "spawn")
        process = method.Process(target=_run, args=(module, list(arguments), str(log)), daemon=True)
        process.start()
    return process


def has_gone(session: str) -> bool:
    """Tell whether the process that was launched, whose name a session bears with PostgreSQL, has ended."""
    number = session.removeprefix(NAME)
    if number == session:
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    return False


def _run(module: str, arguments: list[str], log: str) -> None:
    os.setsid()
    os.environ["PGAPPNAME"] = f"{NAME}{os.getpid()}"  # also of the processes that it forks
    for descriptor, place, how in ((0, os.devnull, os.O_RDONLY), (1, log, WRITE), (2, log, WRITE)):
        opened = os.open(place, how)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
