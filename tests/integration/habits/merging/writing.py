"""Edits for tests of merging, and what is stored after them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import transaction

from habits.domain.identity import completion_id
from habits.domain.merge import Place, Register
from habits.merging import CompletionWrite, HabitWrite, Merging, Write
from habits.merging.habits import REGISTERS, stored_register
from habits.models import Completion, Habit, SyncState, User

DAY = date(2026, 3, 10)
VISIBLE = ("value", "skipped", "note")


def day(
    habit: str = "run", on: date = DAY, *, ms: int | None, device: str = "a", slot: str = "", **more: Any
) -> CompletionWrite:
    """An edit of a day, under the identifier that every phone gives it."""
    fields = {"id": completion_id(habit, on, slot), "habit": habit, "day": on, "slot": slot, **more}
    return CompletionWrite(ms=ms, device=device, **fields)


def edit(habit: str = "run", *, ms: int | None, device: str = "a", **values: Any) -> HabitWrite:
    """An edit of these fields of a habit."""
    return HabitWrite(id=habit, ms=ms, device=device, values=values, edited=frozenset(values))


def view(habit: str = "run", *, ms: int, device: str = "a", edited: Iterable[str] = (), **values: Any) -> HabitWrite:
    """What a device shows of a habit, of which it edited only some."""
    return HabitWrite(id=habit, ms=ms, device=device, values=values, edited=frozenset(edited))


def merge(user: User, *writes: Write, seen: float = math.inf) -> None:
    """Merge what a device pushes that had seen everything up to a version."""
    with transaction.atomic(), Merging(user.pk) as session:
        session.merge(writes, seen=seen)


def version(user: User) -> int:
    """The person's version, which is their phones' cursor."""
    return SyncState.objects.filter(user=user).values_list("version", flat=True).first() or 1


def row(user: User, on: date = DAY, slot: str = "", habit: str = "run") -> Completion:
    return Completion.objects.get(user=user, habit__client_id=habit, day=on, slot=slot)


def habit_of(user: User, client_id: str = "run") -> Habit:
    return Habit.objects.get(user=user, client_id=client_id)


def stored_days(user: User) -> dict[Place, Register]:
    """The registers of all days of a person."""
    registers: dict[Place, Register] = {}
    for found in Completion.objects.filter(user=user).select_related("habit"):
        cell = found.habit.client_id, found.day, found.slot
        registers[*cell, "value"] = Register(found.value_ms, found.value_device, (found.value, found.skipped))
        registers[*cell, "note"] = Register(found.note_ms, found.note_device, found.note)
    return registers


def days_in(write: CompletionWrite) -> dict[Place, Register]:
    """A day as the specification takes it; what the device did not edit is merely there."""
    cell, stamp, none = (write.habit, write.day, write.slot), (write.ms, write.device), (0, "")
    return {
        (*cell, "value"): Register(*(stamp if write.value_edited else none), (write.value, write.skipped)),
        (*cell, "note"): Register(*(stamp if write.note_edited else none), write.note),
    }


def stored_fields(habit: Habit) -> dict[Place, Register]:
    """The registers of a habit."""
    return {(habit.client_id, name): stored_register(habit, name) for name in REGISTERS}


def fields_in(write: HabitWrite) -> dict[Place, Register]:
    """The fields of a habit as the specification takes them."""
    return {
        (write.id, name): Register(
            *((write.ms, write.device) if write.edited & {*fields} else (0, "")),
            write.values[name] if len(fields) == 1 else tuple(write.values[field] for field in fields),
        )
        for name, fields in REGISTERS.items()
        if {*fields} <= write.values.keys()
    }


def visible(found: Completion | CompletionWrite) -> Mapping[str, Any]:
    """What a person sees of a day."""
    return {name: getattr(found, name) for name in VISIBLE}
