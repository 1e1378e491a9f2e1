"""Which release comes after which: by their numbers where they have some, otherwise by when each was first seen.

Pure: no Django, no clock, no I/O.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

NUMBERED = re.compile(r"v?(\d{1,9}(?:\.\d{1,9}){1,5})((?:a|b|rc|-alpha|-beta|-rc)[.\d]*)?(?:[+-].*)?", re.IGNORECASE)
"""A version such as 1.4, v2026.11.3 or 2.0.0-rc1; what follows a plus or another dash is a build of it."""


def version_of(release: str) -> tuple[tuple[int, ...], bool, str] | None:
    """Give what orders a numbered release: its numbers, then finals after their candidates; None without numbers."""
    match = NUMBERED.fullmatch(release)
    if match is None:
        return None
    numbers = [int(part) for part in match[1].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers), not match[2], match[2] or ""


def _is_at_least(release: str, other: str, first_seen: Mapping[str, datetime]) -> bool:
    """Tell whether a release is the other one or comes after it.

    Where one of them has no numbers, the one that was seen first came first; one that was never seen is still to come.
    """
    if release == other:
        return True
    ours, theirs = version_of(release), version_of(other)
    if ours is not None and theirs is not None:
        return ours >= theirs
    if other not in first_seen or release not in first_seen:
        return False
    return first_seen[release] >= first_seen[other]


def is_regression(
    release: str, at: datetime, fixed_in: str, fixed_at: datetime | None, first_seen: Mapping[str, datetime]
) -> bool:
    """Tell whether an attempt that began `at` in a release shows that what was said to be mended is not.

    Without a release that mends it, every attempt counts that began after it was said.
    """
    if fixed_in:
        return _is_at_least(release, fixed_in, first_seen)
    return fixed_at is None or at > fixed_at
