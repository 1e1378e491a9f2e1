"""What a person wants to do."""

from __future__ import annotations

from datetime import time
from typing import Any, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from habits.domain.limits import LONGEST_PERIOD
from habits.merging import Merging, habit_write
from habits.models import Habit, User, assign, new_client_id
from habits.selectors import habits_of

from .seen import Seen, current_habit, require_seen

SHOWN_FIELDS = frozenset(
    {
        *("name", "question", "notes", "category", "color", "kind", "freq_num", "freq_den", "weekdays"),
        *("target_type", "target_value", "unit", "reminder_time", "reminder_weekdays", "position", "archived"),
    }
)
"""What a person can set of a habit."""

NEW_HABIT = {
    **{field.name: field.get_default() for field in Habit._meta.concrete_fields if field.name in SHOWN_FIELDS},
    "archived": False,
}
"""What a habit is where nothing else is said."""

RULE_FIELDS = frozenset({"kind", "freq_num", "freq_den", "weekdays", "target_type", "target_value"})
"""What a habit asks for: with these its statistics change."""


class HabitFields(TypedDict, total=False):
    """What can be set of a habit; meanings as in `habits.models.Habit`."""

    name: str
    question: str
    notes: str
    category: str
    color: str
    kind: str
    freq_num: int
    freq_den: int
    weekdays: int
    target_type: str
    target_value: float
    unit: str
    reminder_time: time | None
    reminder_weekdays: int
    position: float
    archived: bool


@transaction.atomic
def create_habit(*, user: User, client_id: str | None = None, **fields: Unpack[HabitFields]) -> tuple[Habit, bool]:
    """Make a habit at the end of the person's list and tell True, or give the one that has this `client_id` and False.

    So a phone that lost the answer repeats its request. The habit that is found stays as it is.
    """
    with Merging(user.pk) as session:
        known = Habit.objects.filter(user=user, client_id=client_id).first() if client_id else None
        if known:
            _refuse_deleted(known)
            return known, False
        habit = Habit(user=user, client_id=client_id or new_client_id())
        assign(habit, fields)
        if "position" not in fields:
            habit.position = (habits_of(user).aggregate(last=Max("position"))["last"] or 0) + 1
        _validate(habit, RULE_FIELDS)
        session.merge([habit_write(habit, SHOWN_FIELDS)])
    return Habit.objects.get(user=user, client_id=habit.client_id), True


@transaction.atomic
def put_habit(
    *, user: User, client_id: str, seen: Seen = None, only_new: bool = False, **fields: Unpack[HabitFields]
) -> tuple[Habit, bool]:
    """Make the habit of this `client_id` what these fields say, and tell True where there was none.

    Fields that are not given become what they are in a new habit; only `position` stays. Raises `OutOfDate`, with
    `only_new` wherever there is a habit.
    """
    with Merging(user.pk) as session:
        known = Habit.objects.filter(user=user, client_id=client_id).first()
        if known:
            _refuse_deleted(known)
        require_seen(known.version if known else None, seen, only_new=only_new)
        if known:
            values: Any = {**NEW_HABIT, "position": known.position, **fields}
            if changed := assign(known, values):
                _validate(known, changed)
                session.merge([habit_write(known, changed)])
    return (current_habit(known), False) if known else create_habit(user=user, client_id=client_id, **fields)


@transaction.atomic
def update_habit(*, habit: Habit, seen: Seen = None, **fields: Unpack[HabitFields]) -> Habit:
    """Change a habit and give it as it now is. Raises `OutOfDate`."""
    with Merging(habit.user_id) as session:
        current = current_habit(habit, seen)
        if changed := assign(current, fields):
            _validate(current, changed)
            session.merge([habit_write(current, changed)])
    return current_habit(habit)


@transaction.atomic
def delete_habit(*, habit: Habit, seen: Seen = None) -> None:
    """Delete a habit with all its records, on all phones; `restore_habit` brings it back for half a year.

    Archiving (`update_habit(archived=True)`) keeps it in sight. Raises `OutOfDate`.
    """
    with Merging(habit.user_id) as session:
        current = current_habit(habit, seen)
        current.deleted = True
        session.merge([habit_write(current, {"deleted"})])


@transaction.atomic
def restore_habit(*, user: User, client_id: str) -> Habit:
    """Bring a deleted habit back with all its records. Raises `Habit.DoesNotExist`."""
    with Merging(user.pk) as session:
        habit = Habit.objects.get(user=user, client_id=client_id)
        if habit.deleted:
            habit.deleted = False
            session.merge([habit_write(habit, {"deleted"})])
    return current_habit(habit)


def _refuse_deleted(habit: Habit) -> None:
    if habit.deleted:
        raise ValidationError({"id": ValidationError("The habit of this id is deleted; restore it.", code="deleted")})


def _validate(habit: Habit, changed: frozenset[str] | set[str]) -> None:
    habit.clean_fields(exclude={"user"})
    if not changed & RULE_FIELDS:
        return
    errors: dict[str, ValidationError] = {}
    if habit.freq_den > LONGEST_PERIOD:
        errors["freq_den"] = ValidationError(f"A period has at most {LONGEST_PERIOD} days.", code="max_value")
    if habit.freq_num > habit.freq_den:
        errors["freq_num"] = ValidationError(
            f"A day counts once, so {habit.freq_num} times do not fit into {habit.freq_den} days.", code="max_value"
        )
    reaches = habit.kind != Habit.Kind.YES_NO and habit.target_type == Habit.TargetType.AT_LEAST
    if reaches and habit.target_value <= 0:
        errors["target_value"] = ValidationError("An amount to be reached is above 0.", code="min_value")
    if errors:
        raise ValidationError(errors)
