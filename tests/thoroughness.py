"""How much a run draws at random: for somebody who waits, a quarter of what continuous integration draws."""

from __future__ import annotations

import os

THOROUGH = bool(os.environ.get("CI"))
"""Whether nobody waits for this run. The names and numbers of all other tests are the same either way."""


def draws(number: int) -> int:
    """Give how many random cases this run draws where a thorough one draws `number`; at least one."""
    return number if THOROUGH else max(1, number // 4)
