"""Runs of kept days. Pure: no Django, no clock, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True)
class Streak:
    """A run of kept days from `start` to `end`; `length` counts the days of the mask in it."""

    start: date
    end: date
    length: int
