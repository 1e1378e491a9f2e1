"""Pytest plugin (`-p tests.spreading`): how `-n auto` spreads the tests over processes, one more than there are cores.

What starts processes mostly waits for them, and the rest mostly computes. So one process of tests begins with the one,
the next with the other, and they meet in the middle: all cores are busy to the end. Two processes on two cores left a
quarter of their time unused, three a thirteenth.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

ORDER = ("tests/clients/", "tests/browser/", "tests/faults/", "tests/integration/", "tests/unit/")
"""From what waits most to what computes most."""

WHOLE = ORDER[:2]
"""Folders that share what is slow to start, a browser or a web server: one process runs all their tests."""

MOST = 8
"""Beyond eight processes the longest folder is what lasts."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the folders in order; in each stays the order that pytest-django gave, in which few tests empty tables."""
    items.sort(key=lambda item: next((place for place, it in enumerate(ORDER) if item.nodeid.startswith(it)), 0))


@pytest.hookimpl(optionalhook=True, tryfirst=True)  # before xdist itself, which would be asked first
def pytest_xdist_auto_num_workers() -> int:
    """Say how many processes `-n auto` means: one for each core, and one to compute while others wait."""
    return min(cores() + 1, MOST)


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Make what hands out the tests, by files and from both ends."""
    from xdist.scheduler import LoadFileScheduling

    class FromBothEnds(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return next((folder for folder in WHOLE if nodeid.startswith(folder)), super()._split_scope(nodeid))

        def _assign_work_unit(self, node: WorkerController) -> None:
            if self.nodes.index(node) % 2:
                self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
            super()._assign_work_unit(node)

    config.option.loadscopereorder = False
    return FromBothEnds(config, log)
