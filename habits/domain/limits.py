"""Bounds of what a person can record, whichever way it comes in. Pure: no Django, no clock, no I/O."""

from __future__ import annotations

from datetime import date

FIRST_DAY = date(1970, 1, 1)
"""The earliest day that can have a record; habit apps count their days from it."""

LONGEST_PERIOD = 366
"""Days over which a frequency may count."""

LARGEST = 1e12
"""The largest amount and position, in either direction; above it, doubles and thousandths lose precision."""

LONGEST_TEXT = 20_000
"""Characters of a note."""

CLIENT_ID = r"[A-Za-z0-9_.-]{1,64}"
"""Identifiers that a phone may choose, as a regular expression."""
