"""Merges edits of habits, field by field."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import UTC, datetime, time
from typing import Any

from django.utils import timezone

from focusjobs import sql
from habits.domain.merge import Register, later
from habits.models import Habit, LostText

from .lost_texts import lost_text
from .outcome import Outcome, Scope
from .writes import SERVER, HabitWrite

REGISTERS: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in ("name", "question", "notes", "category", "color", "kind", "unit", "position")},
    "frequency": ("freq_num", "freq_den"),
    **{name: (name,) for name in ("weekdays", "target_type", "target_value", "reminder_time", "reminder_weekdays")},
    **{name: (name,) for name in ("archived", "deleted")},
}
"""What is merged, and the fields it consists of. A frequency's numbers hold for each other and so are merged as one."""

RULES = frozenset({"kind", "frequency", "weekdays", "target_type", "target_value", "category", "archived", "deleted"})
"""Registers with which statistics change from the first day on."""

TEXTS = frozenset({"name", "question", "notes", "category"})
"""Registers of which an edit that loses is kept for a while."""

COLUMNS = [
    field.name
    for field in Habit._meta.concrete_fields
    if field.name not in ("id", "user", "client_id", "created_at", "completions_version")
]

# Have phones fetch the days of habits that were deleted, as deleted, or brought back. Index: completion_history.
REVERSION_DAYS = "UPDATE habits_completion SET version = %s WHERE habit_id = ANY(%s)"


def merge_habits(scope: Scope, writes: Sequence[HabitWrite]) -> Outcome:
    """Merge edits into the person's habits, making those that are not there."""
    rows = _load(scope, writes)
    known = {client_id: habit.deleted for client_id, habit in rows.items()}
    changed: dict[str, set[str]] = defaultdict(set)
    won: set[str] = set()
    lost: list[LostText] = []
    for write in writes:
        habit = rows.setdefault(write.id, Habit(user_id=scope.user_id, client_id=write.id))
        before = dict(habit.stamps)
        edited = _merge_one(scope, habit, write, lost)
        changed[write.id] |= edited
        if edited or habit.stamps != before:
            won.add(write.id)
    told = {write.id for write in writes if write.altered or _differs(rows[write.id], write)}
    written = told | won | (rows.keys() - known)
    _save(scope, [habit for client_id, habit in rows.items() if client_id in written])
    LostText.objects.bulk_create(lost, ignore_conflicts=True)
    _reversion_days(scope, [rows[name].pk for name, deleted in known.items() if rows[name].deleted != deleted])
    new = {name: set(REGISTERS) for name in rows.keys() - known}
    return _outcome(bool(written), {rows[name].pk: registers for name, registers in {**changed, **new}.items()})


def _outcome(wrote: bool, changed: Mapping[int, Set[str]]) -> Outcome:
    """Give what changes with these registers of habits, by their numbers."""
    outcome = Outcome(wrote=wrote, habits={habit for habit, registers in changed.items() if registers})
    for habit, registers in changed.items():
        if registers & RULES:
            outcome.changed(habit, None)
    return outcome


def _load(scope: Scope, writes: Sequence[HabitWrite]) -> dict[str, Habit]:
    ids = {write.id for write in writes}
    if not ids:
        return {}
    return {habit.client_id: habit for habit in Habit.objects.filter(user=scope.user_id, client_id__in=ids)}


def _merge_one(scope: Scope, habit: Habit, write: HabitWrite, lost: list[LostText]) -> set[str]:
    """Merge one device's view into a row and give the registers that have changed."""
    changed = set()
    for name, incoming in _incoming(scope, habit, write):
        stored = stored_register(habit, name)
        winner = later(stored, incoming)
        if name in TEXTS and (text := lost_text(scope, stored, incoming, habit.version, habit=habit, field=name)):
            lost.append(text)
        if winner is incoming and incoming.value != stored.value:
            changed.add(name)
        if winner is incoming and incoming.order != stored.order:
            _apply(habit, name, incoming)
    return changed


def _incoming(scope: Scope, habit: Habit, write: HabitWrite) -> Iterator[tuple[str, Register]]:
    for name, fields in REGISTERS.items():
        if not any(field in write.values for field in fields):
            continue
        edited = any(field in write.edited for field in fields)
        value = _packed([write.values.get(field, getattr(habit, field, None)) for field in fields])
        yield name, Register(scope.ms(write.ms), write.device, value) if edited else Register(0, "", value)


def stored_register(habit: Habit, name: str) -> Register:
    """Give a register of a habit as it is stored."""
    ms, device = habit.stamps.get(name, (0, ""))
    return Register(ms, device, _packed([shown(habit, field) for field in REGISTERS[name]]))


def shown(habit: Habit, field: str) -> Any:
    """Give a field as phones know it."""
    if field == "reminder_time":
        return habit.reminder_time.strftime("%H:%M") if habit.reminder_time else None
    return getattr(habit, field)


def _apply(habit: Habit, name: str, register: Register) -> None:
    for field, value in zip(REGISTERS[name], _unpacked(register.value), strict=True):
        if field == "archived":
            habit.archived_at = _instant(register) if value else None
        elif field == "reminder_time":
            habit.reminder_time = time.fromisoformat(value) if value else None
        else:
            setattr(habit, field, value)
    habit.stamps[name] = [register.ms, register.device]


def _instant(register: Register) -> datetime:
    """Give when a field was edited; what was merely there counts from now."""
    return datetime.fromtimestamp(register.ms / 1000, UTC) if register.ms else timezone.now()


def _packed(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else tuple(values)


def _unpacked(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _differs(habit: Habit, write: HabitWrite) -> bool:
    """Tell whether the device shows something else than what is stored, so that it has to fetch the row."""
    if write.device == SERVER:
        return False
    latest = max((ms for ms, _ in habit.stamps.values()), default=0)
    return (
        latest != write.ms
        or (habit.deleted and not write.values.get("deleted", False))
        or any(shown(habit, field) != value for field, value in write.values.items())
    )


def _save(scope: Scope, rows: Sequence[Habit]) -> None:
    now = timezone.now()
    for habit in rows:
        habit.version, habit.updated_at = scope.version, now
    known = [habit for habit in rows if habit.pk is not None]
    Habit.objects.bulk_create([habit for habit in rows if habit.pk is None])
    # As inserts, since Django's bulk_update has a CASE of all rows for each column.
    Habit.objects.bulk_create(known, update_conflicts=True, unique_fields=["id"], update_fields=COLUMNS)


def _reversion_days(scope: Scope, habit_ids: Sequence[int]) -> None:
    if habit_ids:
        sql.rows(REVERSION_DAYS, [scope.version, list(habit_ids)])
