"""Which failures are the same: the task, the error's class, what it said without what differs, and where.

A fingerprint is a number of 60 bits, written as 15 hexadecimal digits. Pure: no Django, no clock, no I/O.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import PurePath
from traceback import walk_tb
from types import TracebackType

from .text import storable

DIGITS = 15
"""Hexadecimal digits of a fingerprint; it fits PostgreSQL's bigint, whatever its digits."""

MAX_MESSAGE = 200
"""Characters of a message that count; what differs further on makes no other mistake."""

MAX_FIELD = 200

VARYING = (
    (re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE), "<uuid>"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "<address>"),
    (re.compile(r"\b[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE), "<url>"),
    (re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|“[^”\n]*”|‘[^’\n]*’|`[^`\n]*`"), "<text>"),
    (re.compile(r"\b0x[0-9a-f]+\b|\b(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{6,}\b", re.IGNORECASE), "<hex>"),
    (re.compile(r"[-+]?\d+(?:[.,:/-]\d+)*"), "<number>"),
)
"""What differs from job to job though the mistake is one, and what stands for it; in this order."""

INSTALLED = ("site-packages", "dist-packages")
"""Folders with other people's code, also below the project's root."""


@dataclass(frozen=True)
class Mistake:
    """What makes failures the same."""

    task: str
    exception: str
    message: str
    frame: str

    @cached_property
    def fingerprint(self) -> int:
        """The number of the group."""
        said = "\0".join((self.task, self.exception, self.message, self.frame))
        return int(sha256(said.encode("utf-8", "replace")).hexdigest()[:DIGITS], 16)


def mistake(task: str, error: BaseException, message: str, root: str) -> Mistake:
    """Give what an exception is one of. `root` is the folder of the project's own code."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    frame = storable(frame_of(error.__traceback__, root))
    return Mistake(task, storable(name)[:MAX_FIELD], normalised(message), frame)


def normalised(message: str) -> str:
    """Give the first line of a message with numbers, ids, addresses and quoted texts taken out."""
    lines = message.strip().splitlines()
    text = lines[0][: MAX_MESSAGE * 2] if lines else ""
    for pattern, name in VARYING:
        text = pattern.sub(name, text)
    return " ".join(text.split())[:MAX_MESSAGE]


def frame_of(trace: TracebackType | None, root: str) -> str:
    """Give the innermost function of the project's own code that an exception passed, with its file.

    Without the line, which changes whenever something above it does. Empty where no such function was passed.
    """
    found = ""
    for frame, _ in walk_tb(trace):
        path = PurePath(frame.f_code.co_filename)
        if path.is_relative_to(root) and not set(INSTALLED) & set(path.parts):
            found = f"{path.relative_to(root).as_posix()}:{frame.f_code.co_qualname}"
    return found[:MAX_FIELD]


def as_text(fingerprint: int) -> str:
    """Write a fingerprint as people do."""
    return f"{fingerprint:0{DIGITS}x}"


def span_of(prefix: str) -> tuple[int, int] | None:
    """Give the first and the last fingerprint that begin with these digits; None where they are none."""
    if not re.fullmatch(rf"[0-9a-f]{{1,{DIGITS}}}", prefix):
        return None
    rest = 4 * (DIGITS - len(prefix))
    first = int(prefix, 16) << rest
    return first, first + (1 << rest) - 1
