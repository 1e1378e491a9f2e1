"""What a phone is told of its push."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from focusjobs.sql import rows
from habits.merging import CompletionWrite, HabitWrite
from habits.merging.habits import shown
from habits.merging.writes import from_json
from habits.models import Habit, SyncPush

from .pulling import rows_as_json
from .shape import TABLES

# What the days of a push are now; index completion_client_id_unique.
DAYS = "SELECT client_id, value, skipped, note FROM habits_completion WHERE user_id = %s AND client_id = ANY(%s)"

NO_CHANGES = json.dumps({table: {"created": [], "updated": [], "deleted": []} for table in TABLES})


def status(push: SyncPush) -> dict[str, Any]:
    """Say where a push stands, and which of its rows were refused."""
    return {
        "id": str(push.key),
        "status": push.state,
        "merged_version": push.merged_version,
        "experimentalRejectedIds": rejected(push),
        "problems": push.problems,
    }


def rejected(push: SyncPush) -> dict[str, list[str]]:
    """Give the refused rows' ids, as WatermelonDB takes them: it keeps those rows and pushes them again."""
    ids: dict[str, list[str]] = defaultdict(list)
    for problem in push.problems:
        ids[problem["table"]].append(problem["id"])
    return {table: ids[table] for table in TABLES}


def done(push: SyncPush) -> str:
    """Give the JSON answer to a push that is merged: with it the rows that are otherwise than the phone has them."""
    writes = from_json(push.writes)
    habits = _other_habits(push, [write for write in writes if isinstance(write, HabitWrite)])
    days, gone = _other_days(push, [write for write in writes if isinstance(write, CompletionWrite)])
    answer = json.dumps({**status(push), "timestamp": push.merged_version})
    changes = rows_as_json(push.user_id, habits, days, json.dumps(gone)) if habits or days or gone else NO_CHANGES
    return f'{answer[:-1]}, "changes": {changes}}}'


def _other_habits(push: SyncPush, writes: Sequence[HabitWrite]) -> list[str]:
    found = Habit.objects.filter(user=push.user_id, client_id__in=[write.id for write in writes]) if writes else ()
    stored = {row.client_id: row for row in found}
    return [
        write.id
        for write in writes
        if write.id in stored
        and (write.altered or any(shown(stored[write.id], name) != value for name, value in write.values.items()))
    ]


def _other_days(push: SyncPush, writes: Sequence[CompletionWrite]) -> tuple[list[str], list[str]]:
    """Give the days that differ, and the identifiers that stand for a day which has another one."""
    if not writes:
        return [], []
    stored = {name: content for name, *content in rows(DAYS, [push.user_id, [write.id for write in writes]])}
    gone = [write.id for write in writes if write.id not in stored]
    return [write.id for write in writes if write.id in stored and _differs(stored[write.id], write)], gone


def _differs(stored: Sequence[Any], write: CompletionWrite) -> bool:
    return write.altered or stored != [write.value, write.skipped, write.note]
