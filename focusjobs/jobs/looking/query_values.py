"""How the values in a filter are read, one function a kind; each raises `QueryError` with a sentence for people."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils import timezone

from ..domain.fingerprint import span_of
from ..domain.identity import job_id_of
from ..domain.lifecycle import State
from ..domain.text import is_storable, whole_number
from ..errors import QueryError
from ..models import Attempt, OperationJob, Schedule

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

EARLIEST, LATEST = datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 29, tzinfo=UTC)
"""Instants that stay within the calendar in every time zone."""


def pattern(field: str, value: str) -> Q:
    """Compare a text, with `*` at its start or end for any characters."""
    text = _unquoted(field, value)
    bare = text.strip("*")
    if not bare:
        raise QueryError(f"“{field}:{text}” would match everything; leave it out.")
    comparison = {
        (False, False): "exact",
        (False, True): "startswith",
        (True, False): "endswith",
        (True, True): "contains",
    }[text.startswith("*"), text.endswith("*")]
    return Q(**{f"{field}__{comparison}": bare})


def part_of(field: str, value: str) -> Q:
    """Look for a part of a text, in capitals or not."""
    return Q(**{f"{field}__icontains": _unquoted(field, value)})


def one_of_states(value: str) -> tuple[State, ...]:
    """Give states by their names."""
    names = _unquoted("state", value).split(",")
    unknown = [name for name in names if name not in set(State)]
    if unknown:
        raise QueryError(f"There is no state “{unknown[0][:60]}”; there are {', '.join(State)}.")
    return tuple(State(name) for name in names)


def identifier(word: str, value: str) -> Q:
    """Find jobs by a number, a range of numbers (`100..200`, both included) or a task id."""
    text = _unquoted(word, value)
    first, dots, last = text.partition("..")
    if dots:
        return Q(pk__gte=_number(word, first), pk__lte=_number(word, last))
    own = job_id_of(text)
    if own is not None:
        return Q(pk=own)
    if len(text) > 20 or "-" in text:
        return Q(celery_id=text)
    return Q(pk=_number(word, text))


def group(word: str, value: str) -> Q:
    """Find jobs whose latest failure is of an error group, by its fingerprint or the beginning of it."""
    text = _unquoted(word, value)
    span = span_of(text.lower())
    if span is None:
        raise QueryError(f"“{word}:” takes an error group such as 3f9a1c, not “{text[:60]}”.")
    first, last = span
    return Q(error_group=first) if first == last else Q(error_group__gte=first, error_group__lte=last)


def operation(word: str, value: str) -> Q:
    """Find jobs that an operation changed, by its number."""
    number = _number(word, _unquoted(word, value))
    return Q(pk__in=OperationJob.objects.filter(operation=number).values("job"))


def release(word: str, value: str) -> Q:
    """Find jobs of which an attempt failed in a release, with `*` at its start or end for any characters."""
    return Q(pk__in=Attempt.objects.filter(pattern("release", value)).values("job"))


def schedule(word: str, value: str) -> Q:
    """Find jobs that a schedule made, by its name, with `*` at its start or end for any characters."""
    named = Schedule.objects.filter(pattern("name", value))
    return Q(schedule__isnull=False, schedule__in=named.values("pk"))


def parent(word: str, value: str) -> Q:
    """Find the children of a job, by its number or task id."""
    text = _unquoted(word, value)
    own = job_id_of(text)
    return Q(parent=_number(word, text) if own is None else own)


def person(word: str, value: str) -> Q:
    """Find jobs of a person, by number or by the name with which they log in."""
    text = _unquoted(word, value)
    if text.isascii() and text.isdecimal():
        return Q(user=_number(word, text))
    return Q(**{f"user__{get_user_model().USERNAME_FIELD}__iexact": text})


def _number(word: str, text: str) -> int:
    number = whole_number(text)
    if number is None:
        raise QueryError(f"“{word}:” takes whole numbers, not “{text[:60]}”.")
    return number


def moment(word: str, value: str, now: datetime) -> datetime:
    """Read a length of time before `now` (`90s`, `30m`, `2h`, `7d`, `2w`) or a date with or without a time."""
    text = _unquoted(word, value)
    length = re.fullmatch(r"([0-9]{1,9})([smhdw])", text)
    try:
        at = now - timedelta(**{UNITS[length[2]]: int(length[1])}) if length else datetime.fromisoformat(text)
        if at.tzinfo is None:
            at = at.replace(tzinfo=timezone.get_current_timezone())
        if EARLIEST < at < LATEST:
            return at
    except (ValueError, OverflowError) as error:
        raise QueryError(
            f"“{word}:” takes a time such as 30m, 2h, 7d, 2026-03-01 or 2026-03-01T08:00, not “{text[:60]}”."
        ) from error
    raise QueryError(f"“{word}:{text[:60]}” is too long ago or too far ahead.")


def argument(word: str, value: str) -> Q:
    """Find jobs by an argument, or by a value inside one: `args.options.dry_run:true`.

    An unquoted value that reads as a number, true, false or null is looked for as that and as text.
    """
    path = word.split(".")[1:]
    wanted = _contains(path, _unquoted(word, value))
    scalar = None if value.startswith('"') else _scalar(value)
    return wanted if scalar is None else wanted | _contains(path, scalar[0])


def _contains(path: list[str], value: Any) -> Q:
    for name in reversed(path):
        value = {name: value}
    return Q(arguments__contains=value)


def _scalar(text: str) -> tuple[float | bool | None] | None:
    """Read a JSON value that is neither text nor made of parts; in a tuple, since it may be null."""
    if text in ("true", "false", "null"):
        return (json.loads(text),)
    if not re.fullmatch(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?", text):
        return None
    return (json.loads(text),)


def _unquoted(word: str, value: str) -> str:
    """Give a value without its quotation marks."""
    if not value.startswith('"'):
        return value
    text = re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL)
    if not text or not is_storable(text):
        raise QueryError(f"“{word}:” needs a value.")
    return text
