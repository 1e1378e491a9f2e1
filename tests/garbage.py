"""Pytest plugin (`-p tests.garbage`): look for garbage seldom, and never again in what has been loaded.

Python's collector walks through everything that lives each time it runs, and Django with its tests are a few hundred
megabytes of modules and classes that live as long as the process. This took a quarter of the suite's computing time.
"""

from __future__ import annotations

import gc

OBJECTS = 50_000
"""New objects after which the collector looks at the youngest; Python's own number is 700."""

gc.set_threshold(OBJECTS, 20, 20)


def pytest_collection_finish() -> None:
    """Take what was loaded out of the collector's sight."""
    gc.collect()
    gc.freeze()
