"""Versions of rows whose changes nothing counts: a number of what is shown of them. Pure: no Django, no I/O."""

from __future__ import annotations

from hashlib import sha256

BYTES = 7
"""Of the hash; a version has 17 digits at most."""


def version_of_text(shown: str) -> int:
    """Give a number below 2^56 that is another one where what is shown is, given as text."""
    return int.from_bytes(sha256(shown.encode()).digest()[:BYTES])
