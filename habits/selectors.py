"""Reads of the habits app."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg, BoolOr, StringAgg
from django.db.models import BigIntegerField, BooleanField, ExpressionWrapper, Max, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast
from django.utils import timezone

from focusjobs.rest.versions import version_of_text
from habits.domain.calendar import logical_date
from habits.domain.records import Kind, Part, Record, Rule, TargetType
from habits.models import Completion, Habit, User

PROFILE_FIELDS = ("email", "name", "timezone", "day_start", "week_start", "locale")
"""What is shown to people of themselves."""

_AMOUNT = {"total": Cast(Sum("value"), BigIntegerField()), "excused": BoolOr("skipped")}

_NOTED = BoolOr(ExpressionWrapper(~Q(note=""), BooleanField()))


@dataclass(frozen=True, slots=True)
class RecordedDay:
    """What was recorded of a local day, by all devices together."""

    day: date
    value: int | None
    """Thousandths of a unit."""
    skipped: bool
    note: str
    source: str
    """Which way the latest of it came in."""
    updated_at: datetime
    version: int
    """The person's version at which the latest of it was written."""

    @property
    def part(self) -> Part:
        """The record, apart from where it came from."""
        return Part(self.value, self.skipped, self.note)


def habits_of(user: User) -> QuerySet[Habit]:
    """Give all habits of a person, archived ones too but not those deleted, in the order of their list."""
    return Habit.objects.filter(user=user, deleted=False)


def days_of(habit: Habit, first: date = date.min, last: date = date.max) -> QuerySet[Completion, Any]:
    """Give the recorded days of a habit from one day to another, both included, for `recorded` to read.

    The devices' parts of a day add up as in `habits.domain.records.combine`. Index: completion_history.
    """
    parts: QuerySet[Completion, Any] = habit.completions.order_by().filter(day__range=(first, last)).values("day")
    return parts.annotate(
        **_AMOUNT,
        text=StringAgg("note", "\n", filter=~Q(note=""), order_by="slot", default=Value("")),
        sources=ArrayAgg("source", order_by="-updated_at"),
        changed_at=Max("updated_at"),
        changed_in=Max("version"),
    ).filter(Q(total__isnull=False) | Q(excused=True) | ~Q(text=""))


def recorded(row: Mapping[str, Any]) -> RecordedDay:
    """Read a row of `days_of`."""
    value, skipped = _content(row["total"], row["excused"])
    source, changed_at, changed_in = row["sources"][0], row["changed_at"], row["changed_in"]
    return RecordedDay(row["day"], value, skipped, row["text"], source, changed_at, changed_in)


def _content(total: int | None, excused: bool) -> tuple[int | None, bool]:
    """Give the amount of a day and whether it is skipped."""
    amount = None if total is None else max(total, 0)
    skipped = excused and not amount
    return None if skipped else amount, skipped


def recorded_day(habit: Habit, day: date) -> RecordedDay | None:
    """Give what was recorded of one day, if anything."""
    return next(map(recorded, days_of(habit, day, day)), None)


def records_of(habit: Habit) -> Mapping[date, Record]:
    """Give everything recorded of a habit, by local day, as the rules of `habits.domain` take it."""
    return _records(habit.completions.all()).get(habit.pk, {})


def records_of_habits(habits: Collection[int], using: str = "default") -> Mapping[int, Mapping[date, Record]]:
    """Give everything recorded of habits, by number and local day. Index: completion_history."""
    return _records(Completion.objects.using(using).filter(habit_id__in=habits))


def records_on(user: User, days: Collection[date]) -> Mapping[int, Mapping[date, Record]]:
    """Give what a person recorded on some days, by habit and day. Index: completion_cell_unique."""
    return _records(Completion.objects.filter(user=user, day__in=days))


def _records(parts: QuerySet[Completion]) -> dict[int, dict[date, Record]]:
    rows: QuerySet[Completion, Any] = parts.order_by().values("habit_id", "day").annotate(**_AMOUNT, noted=_NOTED)
    found: dict[int, dict[date, Record]] = {}
    for row in rows:
        record = Record(*_content(row["total"], row["excused"]), noted=row["noted"])
        found.setdefault(row["habit_id"], {})[row["day"]] = record
    return found


def rule_of(habit: Habit) -> Rule:
    """Give what a habit asks for, as the rules of `habits.domain` take it."""
    return Rule(
        kind=Kind(habit.kind),
        freq_num=habit.freq_num,
        freq_den=habit.freq_den,
        weekdays=habit.weekdays,
        target_type=TargetType(habit.target_type),
        target_value=habit.target_value,
    )


def profile_version(user: User) -> int:
    """Give a number that is another one where a person's settings are others, or the day that it is for them.

    It is below 2^56. Nothing counts the changes of a person, whom operators and log-ins write too.
    """
    shown = [local_today(user).isoformat(), *(getattr(user, name) for name in PROFILE_FIELDS)]
    return version_of_text(repr(shown))


def local_today(user: User) -> date:
    """Give the day that it is now for a person, by their time zone and start of day."""
    return logical_date(user.timezone, user.day_start, timezone.now())
