"""Turns the tables of a push into writes, and tells which rows are refused and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from pydantic import ValidationError

from habits.domain.limits import FIRST_DAY
from habits.domain.records import THOUSANDTHS
from habits.merging import CompletionWrite, HabitWrite

from .limits import CLOCK_TOLERANCE, MAX_OPERATIONS
from .problems import BadShape, TooLarge, UnknownTable
from .rows import ID, CompletionRow, HabitRow, Row

TABLES = ("habits", "completions")
"""What is synced, in the order in which a push is merged."""

LISTS = ("created", "updated", "deleted")

R = TypeVar("R", bound=Row)

OWN = frozenset({"id", "_status", "_changed", "created_at", "updated_at"})
"""Columns that WatermelonDB keeps for itself."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that is refused: the phone keeps it and sends it again."""

    table: str
    id: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Sender:
    """Who pushes, and when it arrived."""

    device: str
    received: datetime
    today: date
    """The day in UTC; a phone may be one ahead."""

    @property
    def received_ms(self) -> int:
        """Milliseconds since 1970."""
        return round(self.received.timestamp() * 1000)

    def clamp(self, ms: int | None) -> tuple[int, bool]:
        """Give a stamp that is not from the future, and tell whether the phone's was."""
        if ms is None:
            return self.received_ms, False
        latest = self.received_ms + CLOCK_TOLERANCE // timedelta(milliseconds=1)
        return (self.received_ms, True) if ms > latest else (ms, False)


@dataclass(slots=True)
class Contents:
    """What a push holds, rows that are refused apart."""

    habits: list[HabitWrite] = field(default_factory=list)
    completions: list[tuple[CompletionWrite, str]] = field(default_factory=list)
    """With the column `device`, in case the day is of a counted habit."""
    deleted_habits: list[str] = field(default_factory=list)
    deleted_completions: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    skew_ms: int | None = None
    """Milliseconds by which the phone's latest stamp is ahead of the server's clock."""


def read(changes: Mapping[str, Any], sender: Sender) -> Contents:
    """Read the tables of a push. Raises `BadShape`, `UnknownTable` or `TooLarge` for the whole of it."""
    _check_shape(changes)
    contents = Contents()
    for raw, created in _rows(changes, "habits"):
        _read_habit(contents, raw, sender, created=created)
    for raw, created in _rows(changes, "completions"):
        _read_completion(contents, raw, sender, created=created)
    contents.deleted_habits = list(changes.get("habits", {}).get("deleted", []))
    contents.deleted_completions = list(changes.get("completions", {}).get("deleted", []))
    return contents


def _check_shape(changes: Mapping[str, Any]) -> None:
    if unknown := [table for table in changes if table not in TABLES]:
        raise UnknownTable(f"There is no table “{unknown[0][:64]}” to sync; there are {' and '.join(TABLES)}.")
    operations = 0
    for table, lists in changes.items():
        if not isinstance(lists, dict) or any(name not in LISTS for name in lists):
            raise BadShape(f"“{table}” is an object with the lists created, updated and deleted.")
        for name, rows in lists.items():
            kind = str if name == "deleted" else dict
            if not isinstance(rows, list) or not all(isinstance(row, kind) for row in rows):
                raise BadShape(f"“{table}.{name}” is a list of {'ids' if kind is str else 'rows'}.")
            ids = rows if kind is str else [row.get("id") for row in rows]
            if not all(isinstance(one, str) and one == _whole_text(one) for one in ids):
                raise BadShape(f"Every row of “{table}.{name}” has an id, which is a text without NUL.")
            operations += len(rows)
    if operations > MAX_OPERATIONS:
        raise TooLarge(f"A push has at most {MAX_OPERATIONS:,} rows and deletions, not {operations:,}; split it.")


def _rows(changes: Mapping[str, Any], table: str) -> Iterator[tuple[dict[str, Any], bool]]:
    lists = changes.get(table, {})
    yield from ((row, True) for row in lists.get("created", []))
    yield from ((row, row.get("_status") == "created") for row in lists.get("updated", []))


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
            clean[name] = _whole_text(value)
        elif value is not None or default is None:
            clean[name] = value
        elif isinstance(default, str):
            clean[name] = ""
    return clean


def _whole_text(text: str) -> str:
    """Drop NUL, and put U+FFFD for halves of a surrogate pair: PostgreSQL can store neither."""
    return text.replace("\0", "").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _reason(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    text = str(first["msg"]).removeprefix("Value error, ")
    return f"{place}: {text}" if place else text
