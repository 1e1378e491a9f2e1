"""Merges edits of days, a whole push in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from focusjobs.sql import columns, rows
from habits.domain.merge import Register
from habits.models import Completion, LostText

from . import identifiers, statements
from .lost_texts import lost_text
from .outcome import Outcome, Scope
from .writes import SERVER, Cell, CompletionWrite, DeletedCompletion, Placed


class UnknownHabit(LookupError):
    """A day belongs to a habit that the person does not have."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A day as it was before the merge."""

    client_id: str
    value: int | None
    skipped: bool
    note: str
    value_ms: int
    value_device: str
    note_ms: int
    note_device: str
    version: int

    @property
    def content(self) -> tuple[Any, ...]:
        """What statistics see."""
        return self.value, self.skipped, bool(self.note)


def merge_completions(scope: Scope, writes: Sequence[CompletionWrite]) -> Outcome:
    """Merge edits into the person's days. Raises `UnknownHabit`."""
    outcome = Outcome()
    habits = _habits(scope, {write.habit for write in writes})
    for placed in _rounds(habits, writes):
        outcome += _merge_round(scope, placed)
    return outcome


def merge_deleted(scope: Scope, writes: Sequence[DeletedCompletion]) -> Outcome:
    """Count days that a phone deleted as “not done”; an identifier that is not known is no error."""
    if not writes:
        return Outcome()
    at = identifiers.days_named(scope, {write.id for write in writes})
    return merge_completions(scope, [_undone(at[write.id], write) for write in writes if write.id in at])


def _undone(row: Completion, write: DeletedCompletion) -> CompletionWrite:
    return CompletionWrite(
        id=row.client_id,
        habit=row.habit.client_id,
        day=row.day,
        slot=row.slot,
        ms=write.ms,
        device=write.device,
        value=0,
        note=row.note,
        note_edited=False,
        altered=True,
    )


def _habits(scope: Scope, client_ids: set[str]) -> dict[str, int]:
    if not client_ids:
        return {}
    known = dict(rows(statements.HABITS, {"user": scope.user_id, "names": list(client_ids)}))
    if missing := client_ids - known.keys():
        raise UnknownHabit(f"Habits {sorted(missing)} do not exist.")
    return known


def _rounds(habits: Mapping[str, int], writes: Iterable[CompletionWrite]) -> Iterator[Placed]:
    """Give the writes so that no round has a day twice, since a statement can write a row but once."""
    rest = list(writes)
    while rest:
        placed: dict[Cell, CompletionWrite] = {}
        cells = [((habits[write.habit], write.day, write.slot), write) for write in rest]
        rest = [write for cell, write in cells if placed.setdefault(cell, write) is not write]
        yield placed


def _merge_round(scope: Scope, placed: Placed) -> Outcome:
    outcome = Outcome()
    stored = _stored(scope, placed)
    before = {cell: stored[cell] for cell in placed if cell in stored}
    named = identifiers.choose(scope, placed, {cell: row.client_id for cell, row in stored.items()})
    LostText.objects.bulk_create(_lost_notes(scope, placed, before), ignore_conflicts=True)
    for habit, day, slot, *content in rows(statements.MERGE, _columns(scope, placed, named)):
        outcome.wrote = True
        cell = habit, day, slot
        if cell not in before or before[cell].content != tuple(content):
            outcome.changed(habit, day)
    if told := [cell for cell, write in placed.items() if write.altered or _is_behind(scope, write, before.get(cell))]:
        rows(statements.TELL, {**_cells(scope, told), "version": scope.version})
        outcome.wrote = True
    outcome.wrote |= identifiers.record(scope, placed, named)
    return outcome


def _is_behind(scope: Scope, write: CompletionWrite, stored: Stored | None) -> bool:
    """Tell whether the row's stamp on the device is not the one that is stored, after which its next edit has to go."""
    if stored is None or write.device == SERVER:
        return False
    value = (scope.ms(write.ms), write.device) if write.value_edited else (0, "")
    note = (scope.ms(write.ms), write.device) if write.note_edited else (0, "")
    kept = max((stored.value_ms, stored.value_device), value), max((stored.note_ms, stored.note_device), note)
    return max(kept)[0] != write.ms or (write.value_edited and kept[0] != value)


def _stored(scope: Scope, placed: Placed) -> dict[Cell, Stored]:
    names = [write.id for write in placed.values()]
    found = rows(statements.STORED, {**_cells(scope, placed), "names": names})
    return {(habit, day, slot): Stored(*values) for habit, day, slot, *values in found}


def _cells(scope: Scope, cells: Iterable[Cell]) -> dict[str, Any]:
    habits, days, slots = columns(cells, tuple)
    return {"user": scope.user_id, "habits": habits, "days": days, "slots": slots}


def _columns(scope: Scope, placed: Placed, named: Mapping[Cell, str]) -> dict[str, Any]:
    """Give the arguments of `MERGE`; a part that the device did not change has no stamp, and so loses to any edit."""
    writes = placed.values()
    instants = [write.recorded_ms for write in writes]
    return {
        "user": scope.user_id,
        "version": scope.version,
        "habit_id": [habit for habit, _, _ in placed],
        "client_id": [named[cell] for cell in placed],
        **{name: [getattr(write, name) for write in writes] for name in ("day", "slot", "value", "skipped", "note")},
        "recorded_at": [None if ms is None else datetime.fromtimestamp(ms / 1000, UTC) for ms in instants],
        "recorded_zone": [write.zone for write in writes],
        "source": [write.source for write in writes],
        "value_ms": [scope.ms(write.ms) if write.value_edited else 0 for write in writes],
        "value_device": [write.device if write.value_edited else "" for write in writes],
        "note_ms": [scope.ms(write.ms) if write.note_edited else 0 for write in writes],
        "note_device": [write.device if write.note_edited else "" for write in writes],
    }


def _lost_notes(scope: Scope, placed: Placed, before: Mapping[Cell, Stored]) -> Iterator[LostText]:
    """Give the notes that are lost to these edits, or by them."""
    for cell, write in placed.items():
        stored = before.get(cell)
        if stored is None or not write.note_edited or not stored.note_ms or stored.note == write.note:
            continue
        old = Register(stored.note_ms, stored.note_device, stored.note)
        new = Register(scope.ms(write.ms), write.device, write.note)
        if text := lost_text(scope, old, new, stored.version, habit_id=cell[0], day=write.day, field="note"):
            yield text
