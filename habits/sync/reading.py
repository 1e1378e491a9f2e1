"""Turns the tables of a push into writes, and tells which rows are refused and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, TypeVar

from pydantic import ValidationError

from habits.domain.limits import FIRST_DAY
from habits.domain.records import THOUSANDTHS
from habits.merging import CompletionWrite, HabitWrite

from .contents import Contents, Problem, Sender
from .rows import ID, CompletionRow, HabitRow, Row, whole_text
from .shape import check_shape, rows_of

R = TypeVar("R", bound=Row)

OWN = frozenset({"id", "_status", "_changed", "created_at", "updated_at"})
"""Columns that WatermelonDB keeps for itself."""


def read(changes: Mapping[str, Any], sender: Sender) -> Contents:
    """Read the tables of a push. Raises `BadShape`, `UnknownTable` or `TooLarge` for the whole of it."""
    check_shape(changes)
    contents = Contents()
    for raw, created in rows_of(changes, "habits"):
        _read_habit(contents, raw, sender, created=created)
    for raw, created in rows_of(changes, "completions"):
        _read_completion(contents, raw, sender, created=created)
    contents.deleted_habits = list(changes.get("habits", {}).get("deleted", []))
    contents.deleted_completions = list(changes.get("completions", {}).get("deleted", []))
    return contents


def _read_habit(contents: Contents, raw: Mapping[str, Any], sender: Sender, *, created: bool) -> None:
    row, given, altered = _checked(HabitRow, "habits", raw, contents)
    if row is None:
        return
    ms, clamped = _stamp(contents, row, sender)
    values = {name: getattr(row, name) for name in given if name != "updated_at"}
    edited = _edited(raw, created=created) & values.keys()
    altered = altered or clamped
    contents.habits.append(
        HabitWrite(id=raw["id"], ms=ms, device=sender.device, values=values, edited=edited, altered=altered)
    )


def _read_completion(contents: Contents, raw: Mapping[str, Any], sender: Sender, *, created: bool) -> None:
    row, _, altered = _checked(CompletionRow, "completions", raw, contents)
    if row is None:
        return
    if not FIRST_DAY <= row.date <= sender.today + timedelta(days=1):
        detail = f"date: days from {FIRST_DAY} to {sender.today + timedelta(days=1)} can be recorded"
        contents.problems.append(Problem("completions", raw["id"], "day_out_of_range", detail))
        return
    ms, clamped = _stamp(contents, row, sender)
    edited = _edited(raw, created=created)
    value = None if row.value is None or row.skipped else round(row.value * THOUSANDTHS)
    exact = row.value == (None if value is None else value / THOUSANDTHS)
    write = CompletionWrite(
        id=raw["id"],
        habit=row.habit_id,
        day=row.date,
        ms=ms,
        device=sender.device,
        value=value,
        skipped=row.skipped,
        note=row.note,
        recorded_ms=None if row.recorded_at is None else min(row.recorded_at, sender.clamp(row.recorded_at)[0]),
        zone=row.zone,
        value_edited=bool(edited & {"value", "skipped", "recorded_at", "zone"}),
        note_edited="note" in edited,
        altered=altered or clamped or not exact,
    )
    contents.completions.append((write, row.device))


def _stamp(contents: Contents, row: Row, sender: Sender) -> tuple[int, bool]:
    if row.updated_at is not None:
        contents.skew_ms = max(row.updated_at - sender.received_ms, contents.skew_ms or -(2**62))
    return sender.clamp(row.updated_at)


def _edited(raw: Mapping[str, Any], *, created: bool) -> frozenset[str]:
    """Give the columns that the phone changed: WatermelonDB names them, but for rows that are new."""
    named = raw.get("_changed")
    if created or not isinstance(named, str) or not named:
        return frozenset(raw) - OWN
    return frozenset(named.split(",")) - OWN


def _checked(model: type[R], table: str, raw: Mapping[str, Any], contents: Contents) -> tuple[R | None, set[str], bool]:
    """Give the row, the columns it has, and whether something in it had to be put right."""
    if not ID.fullmatch(raw["id"]):
        contents.problems.append(Problem(table, raw["id"], "invalid", "id: 1 to 64 letters, digits or any of _ . -"))
        return None, set(), False
    clean = _clean(model, raw)
    try:
        row = model.model_validate(clean)
    except ValidationError as error:
        contents.problems.append(Problem(table, raw["id"], "invalid", _reason(error)))
        return None, set(), False
    return row, row.model_fields_set, any(clean.get(name) != raw[name] for name in raw if name in model.model_fields)


def _clean(model: type[Row], raw: Mapping[str, Any]) -> dict[str, Any]:
    """Put texts right, and read an empty text column as an empty text."""
    clean = {}
    for name in model.model_fields.keys() & raw.keys():
        value, default = raw[name], model.model_fields[name].default
        if isinstance(value, str):
            clean[name] = whole_text(value)
        elif value is not None or default is None:
            clean[name] = value
        elif isinstance(default, str):
            clean[name] = ""
    return clean


def _reason(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    text = str(first["msg"]).removeprefix("Value error, ")
    return f"{place}: {text}" if place else text
