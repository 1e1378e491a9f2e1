"""What is recorded of days."""

from __future__ import annotations

from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from habits.domain.limits import FIRST_DAY
from habits.domain.records import THOUSANDTHS, Part
from habits.merging import Merging, day_writes
from habits.models import Completion, Habit, User
from habits.selectors import RecordedDay, local_today, recorded_day

from .seen import Seen, current_habit, require_seen


@transaction.atomic
def record_completion(
    *,
    habit: Habit,
    day: date,
    value: int | None = None,
    skipped: bool = False,
    note: str = "",
    source: str = Completion.Source.APP,
    seen: Seen = None,
    only_new: bool = False,
) -> tuple[RecordedDay, bool]:
    """Make this the record of a local day, in place of any other; tell True if the day had none.

    `value` is in thousandths of a unit. Days from 1970-01-01 to one after the person's today are accepted: a phone
    that travels east is ahead of the zone that is known here.

    Raises `OutOfDate`, with `only_new` wherever the day has a record.
    """
    with Merging(habit.user_id) as session:
        current = current_habit(habit)
        _validate_day(current.user, day)
        wanted = Part(value, skipped, note)
        before = recorded_day(current, day)
        require_seen(before.version if before else None, seen, only_new=only_new)
        if before is None or before.part != wanted:
            _validate_record(current, wanted)
            session.merge(day_writes(current, {day: wanted}, source=source))
    record = recorded_day(current, day)
    assert record is not None  # noqa: S101 - a record that is not empty has just been merged
    return record, before is None


@transaction.atomic
def clear_completion(*, habit: Habit, day: date, seen: Seen = None) -> bool:
    """Forget what was recorded of a day; False if that was nothing. Raises `OutOfDate`."""
    with Merging(habit.user_id) as session:
        current = current_habit(habit)
        before = recorded_day(current, day)
        require_seen(before.version if before else None, seen)
        if before is None:
            return False
        session.merge(day_writes(current, {day: Part()}))
    return True


def _validate_day(user: User, day: date) -> None:
    latest = local_today(user) + timedelta(days=1)
    if not FIRST_DAY <= day <= latest:
        message = f"Days from {FIRST_DAY} to {latest} can be recorded, not {day}."
        raise ValidationError({"day": ValidationError(message, code="day_out_of_range")})


def _validate_record(habit: Habit, record: Part) -> None:
    value, error = record.value, None
    if record == Part():
        raise ValidationError("A record has a value, is skipped, or has a note; delete it to forget the day.", "empty")
    if value is not None and record.skipped:
        error = "A skipped day has no value."
    elif value is not None and value < 0:
        error = "A value is not below 0."
    elif value is not None and habit.kind == Habit.Kind.YES_NO and value not in (0, THOUSANDTHS):
        error = "A yes-or-no habit has the value 1 for done or 0 for not done."
    elif value is not None and habit.kind == Habit.Kind.COUNTED and value % THOUSANDTHS:
        error = "A number of times is a whole number."
    if error:
        raise ValidationError({"value": ValidationError(error, code="invalid")})
