"""How answers are printed: tables and sentences for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TextIO

from django.core.management.base import OutputWrapper
from django.core.serializers.json import DjangoJSONEncoder

WIDEST = 60
"""Characters of a cell that are shown."""


def as_json(out: OutputWrapper, answer: Any) -> None:
    """Print an answer for programs."""
    out.write(json.dumps(answer, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))


def table(out: OutputWrapper, headings: Sequence[str], lines: Iterable[Sequence[Any]]) -> None:
    """Print rows under headings, numbers to the right."""
    lines = [list(line) for line in lines]
    cells = [[cell(value) for value in line] for line in lines]
    widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
    out.write("  ".join(heading.ljust(width) for heading, width in zip(headings, widths, strict=True)).rstrip())
    for line, values in zip(cells, lines, strict=True):
        padded = (
            text.rjust(width) if isinstance(value, int) else text.ljust(width)
            for text, value, width in zip(line, values, widths, strict=True)
        )
        out.write("  ".join(padded).rstrip())


def cell(value: Any) -> str:
    """Give a value in one short line."""
    if value is None:
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    text = " ".join(str(value).split())
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def capped(number: int, cap: int) -> str:
    """Give a count that stopped at a cap."""
    return f"{number:,}" if number <= cap else f"{cap:,}+"


class Bar:
    """Shows how far something has come: a line that is drawn anew at a terminal, and nothing anywhere else."""

    WIDTH = 30

    def __init__(self, out: TextIO) -> None:
        self.out = out
        self.shown = 0

    def show(self, done: int, total: int, words: str) -> None:
        """Draw it."""
        if not self.out.isatty():
            return
        part = min(done / total, 1.0) if total else 1.0
        drawn = "█" * round(part * self.WIDTH)
        line = f"{drawn:░<{self.WIDTH}} {part:4.0%} {words}"
        self.out.write(f"\r{line:<{self.shown}}")
        self.out.flush()
        self.shown = len(line)

    def close(self) -> None:
        """Wipe it out, so that what follows stands alone."""
        if self.shown:
            self.out.write(f"\r{'':<{self.shown}}\r")
            self.out.flush()
            self.shown = 0
