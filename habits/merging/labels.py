"""Identifiers of days. A day keeps the first that a phone gave it; others stand for it and are deleted from phones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TypeAlias
from uuid import uuid4

from habits.domain.identity import completion_id
from habits.models import Completion, CompletionAlias

from . import statements
from .outcome import Stamp
from .rows import rows
from .writes import CompletionWrite

Cell: TypeAlias = tuple[int, date, str]
Placed: TypeAlias = Mapping[Cell, CompletionWrite]


def choose(stamp: Stamp, placed: Placed, stored: Mapping[Cell, str]) -> dict[Cell, str]:
    """Give each day's identifier: the one it has, else the phone's, unless that is another day's.

    `stored` has the identifiers of these days and the days of these identifiers. A phone that works identifiers out as
    `completion_id` does never meets the last case.
    """
    taken = set(stored.values())
    chosen = {}
    for cell, write in placed.items():
        name = stored.get(cell) or (write.id if write.id not in taken else _another(stamp, write, taken))
        chosen[cell] = name
        taken.add(name)
    return chosen


def _another(stamp: Stamp, write: CompletionWrite, taken: set[str]) -> str:
    derived = completion_id(write.habit, write.day, write.slot)
    return str(uuid4()) if derived in taken or _taken(stamp, {derived}) else derived


def _taken(stamp: Stamp, names: set[str]) -> set[str]:
    if not names:
        return set()
    found = Completion.objects.filter(user=stamp.user_id, client_id__in=names)
    return set(found.values_list("client_id", flat=True))


def days_named(stamp: Stamp, names: set[str]) -> dict[str, Completion]:
    """Give the days of identifiers, with their habits, also where the identifier is an alias."""
    aliases = CompletionAlias.objects.filter(user=stamp.user_id, client_id__in=names)
    found = Completion.objects.filter(user=stamp.user_id, client_id__in=names)
    days = {alias.client_id: alias.completion for alias in aliases.select_related("completion__habit")}
    return days | {row.client_id: row for row in found.select_related("habit")}


def record(stamp: Stamp, placed: Placed, named: Mapping[Cell, str]) -> bool:
    """Keep the other identifiers that phones gave to these days; tell whether there are any."""
    own = set(named.values())
    others = {write.id: named[cell] for cell, write in placed.items() if write.id != named[cell]}
    elsewhere = _taken(stamp, set(others)) | (others.keys() & own)
    aliases = {name: label for name, label in others.items() if name not in elsewhere}
    common = {"user": stamp.user_id, "version": stamp.version}
    if aliases:
        rows(statements.ALIAS, {**common, "names": list(aliases), "labels": list(aliases.values())})
    if elsewhere:
        rows(statements.TELL_NAMED, {**common, "names": list(elsewhere)})
    return bool(others)
