"""What PostgreSQL can keep of a text that anybody wrote: neither NUL nor half of a surrogate pair.

Such texts do occur: a file name that is not UTF-8 comes out of `os.fsdecode` with halves of pairs, and lands in the
message of an exception. Pure: no Django, no clock, no I/O.
"""

from __future__ import annotations

import re

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def is_storable(text: str) -> bool:
    """Tell whether PostgreSQL can keep a text as it is."""
    return not _UNSTORABLE.search(text)


def storable(text: str) -> str:
    """Give a text without its NULs and with a replacement character for each half pair."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\0", ""))


def has_escaped_nul(json_text: str) -> bool:
    """Tell whether a text in JSON holds a NUL, which JSON spells as an escape after an even number of backslashes."""
    return "\\u0000" in json_text and _ESCAPED_NUL.search(json_text) is not None
