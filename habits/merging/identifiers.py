"""Identifiers of days. A day keeps the first that a phone gave it; others stand for it and are deleted from phones."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import uuid4

from focusjobs.sql import rows
from habits.domain.identity import completion_id
from habits.models import Completion, CompletionAlias

from . import statements
from .outcome import Scope
from .writes import Cell, CompletionWrite, Placed


def choose(scope: Scope, placed: Placed, stored: Mapping[Cell, str]) -> dict[Cell, str]:
    """Give each day's identifier: the one it has, else the phone's, unless that is another day's.

    `stored` has the identifiers of these days and the days of these identifiers. A phone that works identifiers out as
    `completion_id` does never meets the last case.
    """
    taken = set(stored.values())
    chosen = {}
    for cell, write in placed.items():
        name = stored.get(cell) or (write.id if write.id not in taken else _another(scope, write, taken))
        chosen[cell] = name
        taken.add(name)
    return chosen


def _another(scope: Scope, write: CompletionWrite, taken: set[str]) -> str:
    derived = completion_id(write.habit, write.day, write.slot)
    return str(uuid4()) if derived in taken or _taken(scope, {derived}) else derived


def _taken(scope: Scope, names: set[str]) -> set[str]:
    if not names:
        return set()
    found = Completion.objects.filter(user=scope.user_id, client_id__in=names)
    return set(found.values_list("client_id", flat=True))


def days_named(scope: Scope, names: set[str]) -> dict[str, Completion]:
    """Give the days of identifiers, with their habits, also where the identifier is an alias."""
    aliases = CompletionAlias.objects.filter(user=scope.user_id, client_id__in=names)
    found = Completion.objects.filter(user=scope.user_id, client_id__in=names)
    days = {alias.client_id: alias.completion for alias in aliases.select_related("completion__habit")}
    return days | {row.client_id: row for row in found.select_related("habit")}


def record(scope: Scope, placed: Placed, named: Mapping[Cell, str]) -> bool:
    """Keep the other identifiers that phones gave to these days; tell whether there are any."""
    own = set(named.values())
    others = {write.id: named[cell] for cell, write in placed.items() if write.id != named[cell]}
    elsewhere = _taken(scope, set(others)) | (others.keys() & own)
    aliases = {name: label for name, label in others.items() if name not in elsewhere}
    common = {"user": scope.user_id, "version": scope.version}
    if aliases:
        rows(statements.ALIAS, {**common, "names": list(aliases), "labels": list(aliases.values())})
    if elsewhere:
        rows(statements.TELL_NAMED, {**common, "names": list(elsewhere)})
    return bool(others)
