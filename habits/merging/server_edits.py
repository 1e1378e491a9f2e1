"""What the server wants a habit or a day to be, said as edits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from datetime import date

from habits.domain.identity import completion_id
from habits.domain.records import Part, combine
from habits.models import Completion, Habit

from .habits import shown
from .writes import SERVER, CompletionWrite, HabitWrite


def habit_write(habit: Habit, edited: Set[str]) -> HabitWrite:
    """Give the server's edit that makes these fields what they are on `habit`, which need not be saved."""
    values = {field: shown(habit, field) for field in sorted(edited)}
    return HabitWrite(id=habit.client_id, ms=None, device=SERVER, values=values, edited=frozenset(edited))


def day_writes(
    habit: Habit, wanted: Mapping[date, Part], *, source: str = Completion.Source.APP
) -> list[CompletionWrite]:
    """Give the edits that make these days what is wanted; none for a day that is so already.

    The caller holds the person's lock (`Merging`). Of a counted habit the server's own part takes what the others leave
    over, so that what a phone counts meanwhile is added and not lost.
    """
    stored = _parts(habit, wanted)
    return [
        write
        for day, target in wanted.items()
        if combine(stored[day].values()) != target
        for write in _writes(habit, day, target, stored[day], source)
    ]


def _own_slot(habit: Habit) -> str:
    return SERVER if habit.kind == Habit.Kind.COUNTED else ""


def _parts(habit: Habit, days: Mapping[date, Part]) -> Mapping[date, dict[str, Part]]:
    found: dict[date, dict[str, Part]] = defaultdict(dict)
    rows = Completion.objects.filter(habit=habit, day__in=list(days)).order_by("slot")
    for day, slot, value, skipped, note in rows.values_list("day", "slot", "value", "skipped", "note"):
        found[day][slot] = Part(value, skipped, note)
    return found


def _writes(
    habit: Habit, day: date, target: Part, stored: Mapping[str, Part], source: str
) -> Iterator[CompletionWrite]:
    own = _own_slot(habit)
    others = {slot: part for slot, part in stored.items() if slot != own}
    for slot, part in others.items():
        value = part.value if target.value is not None else None
        yield from _write(habit, day, slot, part, Part(value), source)
    rest = None if target.value is None else target.value - sum(part.value or 0 for part in others.values())
    yield from _write(habit, day, own, stored.get(own, Part()), Part(rest, target.skipped, target.note), source)


def _write(habit: Habit, day: date, slot: str, old: Part, new: Part, source: str) -> Iterator[CompletionWrite]:
    if old == new:
        return
    yield CompletionWrite(
        id=completion_id(habit.client_id, day, slot),
        habit=habit.client_id,
        day=day,
        slot=slot,
        ms=None,
        device=SERVER,
        value=new.value,
        skipped=new.skipped,
        note=new.note,
        source=source,
        value_edited=(old.value, old.skipped) != (new.value, new.skipped),
        note_edited=old.note != new.note,
    )
