"""Gives what a push writes, once it is known which habits the person has; days of others are refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from focusjobs.sql import rows
from habits.domain.identity import completion_id
from habits.merging import CompletionWrite, DeletedCompletion, HabitWrite, Write
from habits.models import Habit

from .contents import Contents, Problem, Sender

# The kinds of a person's habits, deleted ones too; index habit_client_id_unique.
KINDS = "SELECT client_id, kind FROM habits_habit WHERE user_id = %(user)s AND client_id = ANY(%(names)s)"

# The same where some were not there, with those that wait in the inbox: their latest kind, but that of the row where
# one has come. One statement is one snapshot: a push that is merged meanwhile is seen either here or there. Index:
# sync_push_waiting, habit_client_id_unique.
KINDS_TO_BE = """
    SELECT name, kind FROM (
        SELECT push.id, write.place, write.entry ->> 'id' AS name,
               coalesce(write.entry -> 'values' ->> 'kind', 'yes_no') AS kind
        FROM habits_syncpush push, jsonb_array_elements(push.writes) WITH ORDINALITY AS write (entry, place)
        WHERE push.user_id = %(user)s AND push.merged_version IS NULL AND push.failed_at IS NULL
          AND write.entry ->> 'type' = 'habit' AND write.entry -> 'values' ? 'name'
          AND write.entry ->> 'id' = ANY(%(names)s)
        UNION ALL
        SELECT NULL, NULL, client_id, kind FROM habits_habit
        WHERE user_id = %(user)s AND client_id = ANY(%(names)s)
    ) known
    ORDER BY id NULLS LAST, place
"""


def writes_of(user_id: int, contents: Contents, sender: Sender) -> Iterator[Write]:
    """Give the writes of habits that are known or new with a name, of their days, and the deletions.

    Adds the rows that are refused to the problems of `contents`.
    """
    kinds = _kinds(user_id, contents)
    for write in contents.habits:
        if write.values.get("name") or write.id in kinds:
            kinds[write.id] = write.values.get("kind") or kinds.get(write.id, Habit.Kind.YES_NO)
            yield write
        else:
            contents.problems.append(Problem("habits", write.id, "invalid", "name: a new habit has a name"))
    for completion, device in contents.completions:
        if completion.habit in kinds:
            counted = kinds[completion.habit] == Habit.Kind.COUNTED
            yield replace(completion, slot=slot_of(completion, device, counted=counted, sender=sender.device))
        else:
            detail = f"habit_id: there is no habit {completion.habit}; push it first or in the same push"
            contents.problems.append(Problem("completions", completion.id, "unknown_habit", detail))
    for deletion in deletions(contents, sender):
        if not isinstance(deletion, HabitWrite) or deletion.id in kinds:
            yield deletion


def _kinds(user_id: int, contents: Contents) -> dict[str, str]:
    """Give the habits that a push speaks of and the person has, with their kinds."""
    names = {write.id for write in contents.habits} | {write.habit for write, _ in contents.completions}
    names.update(contents.deleted_habits)
    if not names:
        return {}
    kinds = dict(rows(KINDS, {"user": user_id, "names": list(names)}))
    if missing := names - kinds.keys():
        kinds |= dict(rows(KINDS_TO_BE, {"user": user_id, "names": list(missing)}))
    return kinds


def slot_of(write: CompletionWrite, device: str, *, counted: bool, sender: str) -> str:
    """Give the part of a day that a row is for, which its identifier tells: the whole, or one device's share.

    Where the identifier was not worked out as `completion_id` does, a counted habit's day has the sender's share.
    """
    for slot in ("", sender, device):
        if completion_id(write.habit, write.day, slot) == write.id:
            return slot
    return sender if counted else ""


def deletions(contents: Contents, sender: Sender) -> Iterator[Write]:
    """Give what a phone deleted, stamped with the time of arrival, since phones do not tell when."""
    ms, device = sender.received_ms, sender.device
    for name in contents.deleted_habits:
        deleted = {"deleted": True}
        yield HabitWrite(id=name, ms=ms, device=device, values=deleted, edited=frozenset(deleted))
    for name in contents.deleted_completions:
        yield DeletedCompletion(id=name, ms=ms, device=device)
