"""How much a phone may send."""

from __future__ import annotations

from datetime import timedelta

MAX_OPERATIONS = 5_000
"""Rows and deletions in one push."""

MAX_BYTES = 4 * 1024 * 1024
"""Of a push's body, decompressed."""

MAX_DEPTH = 10
"""Lists and objects within each other."""

LATEST_STAMP = 8_640_000_000_000_000
"""The last instant that JavaScript knows, in milliseconds since 1970; a stamp from beyond is read as this one."""

CLOCK_TOLERANCE = timedelta(seconds=60)
"""How far ahead of the server a phone's stamp may be and still stand; one from a wrong clock would win for ever."""

LONGEST_WAIT = timedelta(seconds=10)
"""How long a push waits at most for its merge, whatever it prefers."""

PULL_PATIENCE = timedelta(seconds=2)
"""How long a pull waits for another process that is merging the same person's edits."""
