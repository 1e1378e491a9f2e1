"""Reads of the habits app."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db.models import Q, QuerySet
from django.utils import timezone

from habits.domain.calendar import logical_date
from habits.domain.records import Kind, Record, Rule, TargetType
from habits.models import Completion, Habit, User


def habits_of(user: User) -> QuerySet[Habit]:
    """Give all habits of a person, archived ones too, in the order of their list."""
    return Habit.objects.filter(user=user)


def completions_between(habit: Habit, first: date, last: date) -> QuerySet[Completion]:
    """Give the records of a habit from one day to another, both included, the newest first."""
    return habit.completions.filter(day__range=(first, last))


def records_of(habit: Habit) -> Mapping[date, Record]:
    """Give everything recorded of a habit, by local day, as the rules of `habits.domain` take it."""
    rows = habit.completions.order_by().annotate(noted=~Q(note="")).values_list("day", "value", "skipped", "noted")
    return {day: Record(value=value, skipped=skipped, noted=noted) for day, value, skipped, noted in rows}


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


def local_today(user: User) -> date:
    """Give the day that it is now for a person, by their time zone and start of day."""
    return logical_date(user.timezone, user.day_start, timezone.now())
