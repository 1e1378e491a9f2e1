"""How edits made on several devices become one state. Pure: no Django, no clock, no I/O.

A state maps each place, a field of a row, to a register: who set it last, when, and to what. Merging keeps the greater
of two registers, place by place, and does nothing else. Registers are totally ordered, so that merging is commutative,
associative and idempotent, and a map of such registers is again: pushes may come in any order, twice, in parts or
late, and all devices that have seen the same edits show the same (Shapiro et al., “Conflict-free replicated data
types”, 2011: a product of last-writer-wins registers).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Place: TypeAlias = Hashable
"""What a register is for, such as ("habit", "h1", "name")."""


@dataclass(frozen=True, slots=True)
class Register:
    """The latest edit of a field: its stamp in milliseconds since 1970, the device that made it, and the value.

    A stamp of 0 says that nobody edited the field: it was merely there. The value is None, a boolean, a number, a text
    or a tuple of such.
    """

    ms: int
    device: str
    value: Any

    @property
    def order(self) -> tuple[int, str, tuple[Any, ...]]:
        """What decides between two registers: the later edit, then the greater device, then the greater value."""
        return self.ms, self.device, rank(self.value)


State: TypeAlias = Mapping[Place, Register]


def later(one: Register, other: Register) -> Register:
    """Return the register that stays."""
    return other if other.order > one.order else one


def merge(one: State, other: State) -> dict[Place, Register]:
    """Return the state that has seen all edits of both."""
    merged = dict(one)
    for place, register in other.items():
        merged[place] = later(merged[place], register) if place in merged else register
    return merged


def rank(value: Any) -> tuple[Any, ...]:
    """Return what values of all kinds can be ordered by: None, booleans, numbers, texts, tuples."""
    if value is None:
        return (0,)
    if isinstance(value, bool):
        return (1, value)
    if isinstance(value, int | float):
        return (2, value)
    if isinstance(value, str):
        return (3, value)
    return (4, tuple(rank(part) for part in value))
