"""Writes the habits of a backup into an account."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import transaction

from habits.domain.records import Kind, Part
from habits.imports.backup import ImportedCompletion, ImportedHabit, derived_uid
from habits.merging import Merging, day_writes, habit_write
from habits.models import Completion, Habit, User, assign

BATCH_SIZE = 2_000
"""Completions written by one statement."""

_COPIED = (
    *("name", "question", "notes", "color", "freq_num", "freq_den", "target_type", "target_value", "unit", "position"),
    *("reminder_time", "reminder_weekdays", "archived"),
)
"""Fields that an `ImportedHabit` and a `Habit` have alike and that a backup always decides."""


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import did. A second import of the same file has only unchanged habits."""

    habits_created: int
    habits_updated: int
    """Habits that were there before, and of which the backup changed something."""
    habits_unchanged: int
    completions_written: int


@transaction.atomic
def restore(
    user: User, habits: Sequence[ImportedHabit], *, on_progress: Callable[[int, int], None] | None = None
) -> ImportSummary:
    """Bring the account to what the backup says; what the backup does not mention stays.

    A habit is found again by its `uid`, which becomes its `client_id`; without one by its name and kind. One that was
    deleted comes back. Days that the backup records are overwritten, as in Loop Habit Tracker, and only those that
    differ are written. Statistics are told once. `on_progress` is called with the habits and days done and all of them.
    """
    done = _Progress(sum(1 + len(habit.completions) for habit in habits), on_progress)
    with Merging(user.pk) as session:
        outcomes = [_restore_habit(session, imported, done) for imported in habits]
    return ImportSummary(
        habits_created=sum(outcome.created for outcome in outcomes),
        habits_updated=sum(outcome.changed and not outcome.created for outcome in outcomes),
        habits_unchanged=sum(not outcome.changed for outcome in outcomes),
        completions_written=sum(outcome.written for outcome in outcomes),
    )


class _Progress:
    """Counts what has been looked at."""

    def __init__(self, total: int, listener: Callable[[int, int], None] | None) -> None:
        self.total, self.done, self.listener = total, 0, listener

    def advance(self, steps: int) -> None:
        """Add steps and tell."""
        self.done += steps
        if self.listener is not None:
            self.listener(self.done, self.total)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one habit."""

    created: bool
    edited: bool
    written: int

    @property
    def changed(self) -> bool:
        return self.created or self.edited or self.written > 0


def _client_id(imported: ImportedHabit) -> str:
    return imported.uid or derived_uid("restored", imported.name, imported.kind)


def _restore_habit(session: Merging, imported: ImportedHabit, progress: _Progress) -> _Outcome:
    key = {"user_id": session.user_id, "client_id": _client_id(imported)}
    found = Habit.objects.filter(**key).first()
    habit = found or Habit(**key, weekdays=imported.weekdays)
    edited = _edit(habit, imported)
    if found is None:
        session.merge([habit_write(habit, edited | {"kind", "name", "weekdays"})])
        habit = Habit.objects.get(**key)
    elif edited:
        session.merge([habit_write(habit, edited)])
    progress.advance(1)
    written = sum(_restore_days(session, habit, batch, progress) for batch in _batches(imported.completions))
    return _Outcome(found is None, found is not None and bool(edited), written)


def _edit(habit: Habit, imported: ImportedHabit) -> set[str]:
    """Make a habit what the backup says and give what was not; weekdays are the person's own, no backup has them.

    A habit with amounts keeps its kind when the backup has only ticks: a tick is an amount, but not the reverse.
    """
    values: dict[str, Any] = {name: getattr(imported, name) for name in _COPIED} | {"deleted": False}
    if imported.category:
        values["category"] = imported.category
    if imported.kind != Kind.YES_NO:
        values["kind"] = imported.kind
    return assign(habit, values)


def _restore_days(
    session: Merging, habit: Habit, completions: Sequence[ImportedCompletion], progress: _Progress
) -> int:
    """Write the days that differ from what is recorded and give their number."""
    wanted = {item.day: Part(item.value, item.skipped, item.note) for item in completions}
    writes = day_writes(habit, wanted, source=Completion.Source.IMPORT)
    session.merge(writes)
    progress.advance(len(completions))
    return len({write.day for write in writes})


def _batches(completions: Sequence[ImportedCompletion]) -> Iterator[list[ImportedCompletion]]:
    items = iter(completions)
    while batch := list(islice(items, BATCH_SIZE)):
        yield batch
