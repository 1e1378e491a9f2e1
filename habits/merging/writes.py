"""What is to be merged, and how it is kept in the inbox until then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, TypeAlias

SERVER = "server"
"""The device of edits that are made on the server: over REST, in the admin, by an import."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HabitWrite:
    """Fields of a habit, by the names of `habits.models.Habit`; also `archived`, and times as “HH:MM” texts."""

    id: str
    ms: int | None
    """Stamp of the edit in milliseconds since 1970; None for one of the server's own, which is the latest of all."""
    device: str
    values: Mapping[str, Any]
    """What the device shows now."""
    edited: frozenset[str] = field(default_factory=frozenset)
    """The names of those that the device changed; the rest counts only where nothing is known."""
    altered: bool = False
    """The device shows something else than `values`, which had to be put right; so it is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionWrite:
    """A day of a habit as a device shows it; which parts of it the device changed."""

    id: str
    habit: str
    """The habit's identifier on phones."""
    day: date
    slot: str = ""
    ms: int | None
    """As of `HabitWrite`."""
    device: str
    value: int | None = None
    """Thousandths of a unit."""
    skipped: bool = False
    note: str = ""
    recorded_ms: int | None = None
    zone: str = ""
    source: str = "app"
    value_edited: bool = True
    note_edited: bool = True
    altered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedCompletion:
    """A day that a phone deleted, which counts as “not done”: a phone that deletes knows neither when nor why."""

    id: str
    ms: int | None
    device: str


Write: TypeAlias = HabitWrite | CompletionWrite | DeletedCompletion

Cell: TypeAlias = tuple[int, date, str]
"""Where a day is kept: the habit's number, the day, and the device's slot."""

Placed: TypeAlias = Mapping[Cell, CompletionWrite]
"""Edits of days, each at its place."""


def to_json(writes: Iterable[Write]) -> list[dict[str, Any]]:
    """Give writes as the inbox keeps them."""
    return [_as_json(write) for write in writes]


def from_json(rows: Iterable[Mapping[str, Any]]) -> list[Write]:
    """Read what `to_json` gave."""
    return [_KINDS[row["type"]](**_from_json(row)) for row in rows]


def _as_json(write: Write) -> dict[str, Any]:
    row = {name: getattr(write, name) for name in _FIELDS[type(write)]}
    if isinstance(write, HabitWrite):
        row["edited"] = sorted(write.edited)
    if isinstance(write, CompletionWrite):
        row["day"] = write.day.isoformat()
    return {"type": _NAMES[type(write)], **row}


def _from_json(row: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: value for name, value in row.items() if name != "type"}
    if "edited" in values:
        values["edited"] = frozenset(values["edited"])
    if "day" in values:
        values["day"] = date.fromisoformat(values["day"])
    return values


_NAMES: dict[type, str] = {HabitWrite: "habit", CompletionWrite: "completion", DeletedCompletion: "deleted"}
_KINDS = {name: kind for kind, name in _NAMES.items()}
_FIELDS = {kind: [one.name for one in fields(kind)] for kind in _NAMES}
