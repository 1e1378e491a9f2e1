"""The filter language for jobs that commands, addresses and the API share: `state:failed task:habits.* since:2h`.

A filter is a row of conditions that must all hold. Each is `word:value`; values with spaces stand in quotation marks,
and commas between values mean “or”. What the words take is in `WORDS`. A word or value that is not understood is an
error: a filter that silently matched more than was meant could not be trusted with a bulk retry.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from ..domain.lifecycle import FINISHED, State
from ..domain.text import is_storable, whole_number
from ..errors import QueryError
from ..models import Job, JobQuerySet
from .query_values import (
    argument,
    group,
    identifier,
    moment,
    one_of_states,
    operation,
    parent,
    part_of,
    pattern,
    person,
    release,
    schedule,
)

WORDS = {
    "task": "a task's name, * for any characters at its start or end: task:habits.*",
    "queue": "a queue's name: queue:imports",
    "state": f"one of {', '.join(State)}",
    "user": "a person's number or e-mail address: user:42",
    "id": "a job's number, a range of them or a task id: id:100..200,317",
    "error": 'part of the latest error: error:"connection refused"',
    "since": "ended, or enqueued where it has not ended, at that time or later: since:2h, since:2026-03-01T08:00",
    "before": "ended, or enqueued where it has not ended, before that time: before:30d",
    "worker": "the worker that held it last: worker:*@host3",
    "group": "an error group, or how its name begins: group:3f9a1c",
    "operation": "the number of an operation that changed it: operation:118",
    "release": "a release in which an attempt of it failed: release:1.4.*",
    "schedule": "the schedule that made it: schedule:nightly",
    "parent": "the job that it is a child of: parent:317",
    "args": "an argument's value: args.habit_id:7, args.options.dry_run:true",
}
"""What each word takes, for people."""

MANY_IDS = 10
"""More numbers than these are looked for in one condition."""

_CONDITION = re.compile(r'\s*([^\s:"]+):("(?:[^"\\]|\\.)*"|[^\s"]+)(?=\s|$)')
_LISTED = {
    "task": pattern,
    "queue": pattern,
    "worker": pattern,
    "id": identifier,
    "user": person,
    "group": group,
    "operation": operation,
    "release": release,
    "schedule": schedule,
    "parent": parent,
}


def matching(text: str, *, now: datetime | None = None) -> JobQuerySet:
    """Give the jobs that a filter matches; an empty one matches all. Raises `QueryError`, a sentence for people."""
    return Job.objects.filter(parse(text, now=now))


def parse(text: str, *, now: datetime | None = None) -> Q:
    """Give a filter as Django's. `now` is what lengths of time count back from. Raises `QueryError`."""
    if not is_storable(text):
        raise QueryError("A filter holds a character that no job can have.")
    given = conditions(text)
    now = now or timezone.now()
    states = one_of_states(given["state"]) if "state" in given else tuple(State)
    found = Q() if "state" not in given else Q(state__in=states)
    for word, value in given.items():
        if word in ("since", "before"):
            found &= _when(moment(word, value, now), "gte" if word == "since" else "lt", states)
        elif word == "error":
            found &= part_of("error", value)
        elif word.startswith("args."):
            found &= argument(word, value)
        elif word != "state":
            found &= _any_of(word, value)
    return found


def conditions(text: str) -> dict[str, str]:
    """Give a filter's values by its words, as they are written, quotation marks included. Raises `QueryError`."""
    given: dict[str, str] = {}
    position = 0
    while text[position:].strip():
        condition = _CONDITION.match(text, position)
        if condition is None:
            raise QueryError(f"“{_next_piece(text[position:])}” is no condition; write word:value, as in state:failed.")
        word, value = condition.groups()
        _check(word, given)
        given[word] = value
        position = condition.end()
    return given


def _next_piece(rest: str) -> str:
    return rest.split()[0][:60]


def _check(word: str, given: Collection[str]) -> None:
    known = word in WORDS and word != "args"
    if not known and not re.fullmatch(r"args(\.[^.]+)+", word):
        raise QueryError(f"There is no filter “{word[:60]}:”; there are {', '.join(f'{name}:' for name in WORDS)}.")
    if word in given:
        raise QueryError(f"“{word[:60]}:” is there twice; write all its values in one, with commas between them.")


def _any_of(word: str, value: str) -> Q:
    found = Q()
    values = [value] if value.startswith('"') else value.split(",")
    if word == "id" and len(values) > MANY_IDS:
        found, values = _numbers(values)
    for one in values:
        if not one:
            raise QueryError(f"“{word}:{value[:60]}” has a comma too many.")
        found |= _LISTED[word](word, one)
    return found


def _numbers(values: list[str]) -> tuple[Q, list[str]]:
    """Take plain numbers of jobs together, since a condition for each of hundreds costs more than the jobs do."""
    read = {text: whole_number(text) for text in values}
    plain = [number for number in read.values() if number is not None]
    return Q(pk__in=plain), [text for text in values if read[text] is None]


def _when(at: datetime, comparison: str, states: Collection[str]) -> Q:
    """Compare with the end of jobs that have ended and the start of the others; one index serves the first."""
    ended, enqueued = Q(**{f"finished_at__{comparison}": at}), Q(**{f"created_at__{comparison}": at})
    if set(states) <= set(FINISHED):
        return ended
    if not set(states) & set(FINISHED):
        return enqueued
    return ended | (Q(finished_at=None) & enqueued)
