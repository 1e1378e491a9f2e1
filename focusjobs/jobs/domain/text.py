"""What PostgreSQL can keep of what anybody wrote: neither NUL nor half of a surrogate pair, no number without end.

Such texts do occur: a file name that is not UTF-8 comes out of `os.fsdecode` with halves of pairs, and lands in the
message of an exception. Pure: no Django, no clock, no I/O.
"""

from __future__ import annotations

import re

LARGEST = 2**63 - 1
"""The largest number that a key can have in PostgreSQL."""

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def is_storable(text: str) -> bool:
    """Tell whether PostgreSQL can keep a text as it is."""
    return not _UNSTORABLE.search(text)


def storable(text: str) -> str:
    """Give a text without its NULs and with a replacement character for each half pair."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\0", ""))


def whole_number(text: str, largest: int = LARGEST) -> int | None:
    """Read a whole number that somebody wrote in plain digits; None for anything else, and beyond the largest."""
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(largest))):
        return None
    number = int(text)
    return number if number <= largest else None


def has_escaped_nul(json_text: str) -> bool:
    """Tell whether a text in JSON holds a NUL, which JSON spells as an escape after an even number of backslashes."""
    return "\\u0000" in json_text and _ESCAPED_NUL.search(json_text) is not None
