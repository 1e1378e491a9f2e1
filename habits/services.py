"""Writes of the habits app: one transaction each, and what depends on it told inside that transaction.

Habits and days are merged like the edits of one more device, so that phones learn of them (`habits.merging`). Repeating
a write changes, and tells, nothing. Content that is not valid raises `django.core.exceptions.ValidationError`; a habit
that was deleted meanwhile raises `Habit.DoesNotExist`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, time, timedelta
from typing import Any, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Model
from django.utils import timezone

from habits.domain.records import Part
from habits.domain.territory import first_weekday_of_locale
from habits.merging import Merging, day_writes, habit_write
from habits.models import Backup, Completion, Habit, SyncPush, User, new_client_id
from habits.selectors import RecordedDay, habits_of, local_today, recorded_day
from habits.signals import profile_changed
from habits.tasks import import_backup, merge_pushes

MAX_BACKUP = 32 * 1024 * 1024
"""Bytes of a backup; ten years of fifty habits take a third of it."""

FIRST_DAY = date(1970, 1, 1)
"""The earliest day that can have a record; habit apps count their days from it."""

LONGEST_PERIOD = 366
"""Days over which a frequency may count."""

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


Seen = Collection[int] | None
"""The versions of a habit that whoever writes has seen one of; None: it does not matter."""


class OutOfDate(Exception):
    """The habit has changed since whoever writes has seen it, or exists where it was not to."""


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


class ProfileFields(TypedDict, total=False):
    """What a person can set of themselves; meanings as in `habits.models.User`."""

    name: str
    timezone: str
    day_start: int
    week_start: int
    locale: str


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
        _assign(habit, fields)
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
        if (known and only_new) or (seen is not None and (known is None or known.version not in seen)):
            raise OutOfDate
        if known:
            values: Any = {**NEW_HABIT, "position": known.position, **fields}
            if changed := _assign(known, values):
                _validate(known, changed)
                session.merge([habit_write(known, changed)])
    return (_current(known), False) if known else create_habit(user=user, client_id=client_id, **fields)


@transaction.atomic
def update_habit(*, habit: Habit, seen: Seen = None, **fields: Unpack[HabitFields]) -> Habit:
    """Change a habit and give it as it now is. Raises `OutOfDate`."""
    with Merging(habit.user_id) as session:
        current = _current(habit, seen)
        if changed := _assign(current, fields):
            _validate(current, changed)
            session.merge([habit_write(current, changed)])
    return _current(habit)


@transaction.atomic
def delete_habit(*, habit: Habit, seen: Seen = None) -> None:
    """Delete a habit with all its records, on all phones; `restore_habit` brings it back for half a year.

    Archiving (`update_habit(archived=True)`) keeps it in sight. Raises `OutOfDate`.
    """
    with Merging(habit.user_id) as session:
        current = _current(habit, seen)
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
    return _current(habit)


@transaction.atomic
def record_completion(
    *,
    habit: Habit,
    day: date,
    value: int | None = None,
    skipped: bool = False,
    note: str = "",
    source: str = Completion.Source.APP,
) -> tuple[RecordedDay, bool]:
    """Make this the record of a local day, in place of any other; tell True if the day had none.

    `value` is in thousandths of a unit. Days from 1970-01-01 to one after the person's today are accepted: a phone
    that travels east is ahead of the zone that is known here.
    """
    with Merging(habit.user_id) as session:
        current = _current(habit)
        _validate_day(current.user, day)
        wanted = Part(value, skipped, note)
        before = recorded_day(current, day)
        if before is None or before.part != wanted:
            _validate_record(current, wanted)
            session.merge(day_writes(current, {day: wanted}, source=source))
    record = recorded_day(current, day)
    assert record is not None  # noqa: S101 - a record that is not empty has just been merged
    return record, before is None


@transaction.atomic
def clear_completion(*, habit: Habit, day: date) -> bool:
    """Forget what was recorded of a day; False if that was nothing."""
    with Merging(habit.user_id) as session:
        current = _current(habit)
        if recorded_day(current, day) is None:
            return False
        session.merge(day_writes(current, {day: Part()}))
    return True


@transaction.atomic
def update_profile(*, user: User, **fields: Unpack[ProfileFields]) -> User:
    """Change a person's settings. The first day of the week follows the locale until it is set to another."""
    values: dict[str, Any] = dict(fields)
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if "locale" in values and locked.week_start == first_weekday_of_locale(locked.locale):
        values.setdefault("week_start", first_weekday_of_locale(values["locale"]))
    changed = _set(locked, values)
    if changed:
        locked.clean_fields(exclude={field.name for field in User._meta.fields} - changed)
        locked.save(update_fields=changed)
        profile_changed.send(sender=User, user_id=locked.pk, fields=changed)
    return locked


@transaction.atomic
def accept_backup(*, user: User, filename: str, content: bytes) -> Backup:
    """Keep a file from another habit app and enqueue its import, both or neither.

    Raises `ValidationError` where the file is larger than `MAX_BACKUP` bytes; what is in it is the job's to judge.
    """
    if len(content) > MAX_BACKUP:
        raise ValidationError(f"“{filename}” has {len(content):,} bytes; {MAX_BACKUP:,} are allowed.", code="too_large")
    backup = Backup.objects.create(user=user, filename=filename[-255:], content=content, size=len(content))
    backup.job_id = import_backup.using(user=user, unique_key=f"backup:{backup.pk}").enqueue(backup_id=backup.pk).id
    backup.save(update_fields=["job_id"])
    return backup


@transaction.atomic
def retry_pushes(pushes: Sequence[int]) -> int:
    """Have failed pushes merged again by a job for each person; answer how many there were."""
    failed = SyncPush.objects.filter(pk__in=pushes, failed_at__isnull=False)
    users = sorted(set(failed.values_list("user_id", flat=True)))
    tried = failed.update(failed_at=None, error="")
    calls = merge_pushes.using(unique_key="sync:{user_id}", unique_until="started")
    calls.enqueue_many({"user_id": user_id} for user_id in users)
    return tried


def _current(habit: Habit, seen: Seen = None) -> Habit:
    """Give the habit as it is now, with its owner. Raises `Habit.DoesNotExist` also where it is deleted."""
    current = Habit.objects.select_related("user").get(pk=habit.pk, deleted=False)
    if seen is not None and current.version not in seen:
        raise OutOfDate
    return current


def _refuse_deleted(habit: Habit) -> None:
    if habit.deleted:
        raise ValidationError({"id": ValidationError("The habit of this id is deleted; restore it.", code="deleted")})


def _set(row: Model, values: dict[str, Any]) -> set[str]:
    changed = {name for name, value in values.items() if getattr(row, name) != value}
    for name in changed:
        setattr(row, name, values[name])
    return changed


def _assign(habit: Habit, fields: HabitFields) -> set[str]:
    values: dict[str, Any] = dict(fields)
    archived = values.pop("archived", None)
    changed = _set(habit, values)
    if archived is not None and archived != (habit.archived_at is not None):
        habit.archived_at = timezone.now() if archived else None
        changed.add("archived")
    return changed


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
    elif value is not None and habit.kind == Habit.Kind.YES_NO and value not in (0, 1000):
        error = "A yes-or-no habit has the value 1 for done or 0 for not done."
    elif value is not None and habit.kind == Habit.Kind.COUNTED and value % 1000:
        error = "A number of times is a whole number."
    if error:
        raise ValidationError({"value": ValidationError(error, code="invalid")})
