"""Writes the habits of a backup into an account."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from habits.imports.backup import YES_NO, ImportedCompletion, ImportedHabit, derived_uid
from habits.models import Completion, Habit, User
from habits.selectors import habits_of, rule_of
from habits.signals import completions_changed

BATCH_SIZE = 2_000
"""Completions written by one statement."""

_COPIED = (
    *("name", "question", "notes", "color", "freq_num", "freq_den", "target_type", "target_value", "unit", "position"),
    *("reminder_time", "reminder_weekdays"),
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

    A habit is found again by its `uid`, which becomes its `client_id`; without one by its name and kind. Days that the
    backup records are overwritten, as in Loop Habit Tracker, and only those that differ are written. Statistics are
    told once, by `habits.signals.completions_changed`. `on_progress` is called with the habits and days done and all
    of them.
    """
    done = _Progress(sum(1 + len(habit.completions) for habit in habits), on_progress)
    known = _lock_known(user, [_client_id(habit) for habit in habits])
    outcomes = [_restore_habit(user, habit, known.get(_client_id(habit)), done) for habit in habits]
    _announce(user, [outcome.habit.pk for outcome in outcomes if outcome.statistics_changed])
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

    habit: Habit
    created: bool
    edited: bool
    rule_changed: bool
    written: int

    @property
    def changed(self) -> bool:
        return self.created or self.edited or self.written > 0

    @property
    def statistics_changed(self) -> bool:
        return self.rule_changed or self.written > 0


def _client_id(imported: ImportedHabit) -> str:
    return imported.uid or derived_uid("restored", imported.name, imported.kind)


def _lock_known(user: User, client_ids: list[str]) -> dict[str, Habit]:
    """Give the habits that are already there, locked in one order so that two imports cannot block each other."""
    found = habits_of(user).filter(client_id__in=client_ids).order_by("pk").select_for_update(no_key=True)
    return {habit.client_id: habit for habit in found}


def _restore_habit(user: User, imported: ImportedHabit, habit: Habit | None, progress: _Progress) -> _Outcome:
    created = edited = rule_changed = False
    if habit is None:
        values = _values(imported) | {"kind": imported.kind, "weekdays": imported.weekdays}
        habit, created = Habit.objects.get_or_create(user=user, client_id=_client_id(imported), defaults=values)
    if not created:
        before = rule_of(habit)
        edited = _edit(habit, imported)
        rule_changed = rule_of(habit) != before
    progress.advance(1)
    written = _restore_completions(habit, imported.completions, progress, known=not created)
    return _Outcome(habit, created, edited, rule_changed, written)


def _values(imported: ImportedHabit) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(imported, name) for name in _COPIED}
    values["archived_at"] = timezone.now() if imported.archived else None
    if imported.category:
        values["category"] = imported.category
    return values


def _edit(habit: Habit, imported: ImportedHabit) -> bool:
    """Make a habit what the backup says and tell whether it was not; weekdays are the person's own, no backup has them.

    A habit with amounts keeps its kind when the backup has only ticks: a tick is an amount, but not the reverse.
    """
    values = _values(imported)
    if imported.kind != YES_NO:
        values["kind"] = imported.kind
    if imported.archived and habit.archived_at is not None:
        del values["archived_at"]
    changed = [name for name, value in values.items() if getattr(habit, name) != value]
    for name in changed:
        setattr(habit, name, values[name])
    if changed:
        habit.save(update_fields=[*changed, "updated_at"])
    return bool(changed)


def _restore_completions(
    habit: Habit, completions: Sequence[ImportedCompletion], progress: _Progress, *, known: bool
) -> int:
    """Write the days that differ from what is recorded and give their number."""
    present = _recorded(habit) if known else {}
    written = 0
    for batch in _batches(completions):
        rows = [_row(habit, item) for item in batch if present.get(item.day) != (item.value, item.skipped, item.note)]
        Completion.objects.bulk_create(
            rows,
            update_conflicts=True,
            update_fields=["value", "skipped", "note", "source", "updated_at"],
            unique_fields=["habit", "day"],
        )
        written += len(rows)
        progress.advance(len(batch))
    return written


def _recorded(habit: Habit) -> dict[date, tuple[int | None, bool, str]]:
    rows = habit.completions.order_by().values_list("day", "value", "skipped", "note")
    return {day: (value, skipped, note) for day, value, skipped, note in rows}


def _batches(completions: Sequence[ImportedCompletion]) -> Iterator[list[ImportedCompletion]]:
    items = iter(completions)
    while batch := list(islice(items, BATCH_SIZE)):
        yield batch


def _row(habit: Habit, item: ImportedCompletion) -> Completion:
    source = Completion.Source.IMPORT
    return Completion(habit=habit, day=item.day, value=item.value, skipped=item.skipped, note=item.note, source=source)


def _announce(user: User, habit_ids: list[int]) -> None:
    if not habit_ids:
        return
    Habit.objects.filter(pk__in=habit_ids).update(completions_version=F("completions_version") + 1)
    completions_changed.send(sender=Habit, habit_ids=habit_ids, user_id=user.pk)
