"""A person who has a row in every table that people have rows in, each with a mark in its texts."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, models

from focusjobs.jobs.models import Job
from habits.exports.ownership import JOB, Table, tables
from habits.models import User
from tests.factories import UserFactory, unsynced

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = date(2026, 3, 9)

GIVEN: dict[str, dict[str, Any]] = {
    "habits.SyncState": {"horizon": 0},
    "notifications.Reminder": {"kind": "habit"},
}
"""Columns whose tables want a certain value."""


def person_with_everything(mark: str) -> User:
    """Make the person; every text that can hold the mark has it."""
    user: User = UserFactory(email=f"{mark}@example.com", name=mark)
    made: dict[type[models.Model], models.Model] = {User: user}
    with unsynced():
        for table in _parents_first():
            if table.model not in made and not table.rows(user.pk).exists():
                made[table.model] = _row(table, made, mark)
            elif table.model not in made:
                made[table.model] = table.model._default_manager.get(**{table.path: user.pk})
    return user


def _parents_first() -> list[Table]:
    waiting, ordered = [table for table in tables() if table.label != JOB], []
    while waiting:
        names = {table.model for table in waiting}
        ready = [t for t in waiting if not ({f.related_model for f in _links(t.model)} & (names - {t.model}))]
        ordered += ready
        waiting = [table for table in waiting if table not in ready]
    return ordered


def _links(model: type[models.Model]) -> list[models.ForeignKey]:
    return [field for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey)]


def _row(table: Table, made: dict[type[models.Model], models.Model], mark: str) -> models.Model:
    model = table.model
    values: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        if isinstance(field, models.ForeignKey):
            if field.related_model in made:
                values[field.name] = made[field.related_model]
        elif not field.has_db_default() and not isinstance(field, models.AutoField) and not field.generated:
            values[field.name] = _value(field, mark)
    row = model(**values | GIVEN.get(model._meta.label, {}))
    row.save(force_insert=True)
    return row


def _value(field: models.Field, mark: str) -> Any:
    has_text = isinstance(field, models.CharField | models.TextField | models.JSONField) and not field.choices
    if not has_text and (field.null or (field.has_default() and field.get_default() != "")):
        return field.get_default()
    kinds: list[tuple[type[models.Field], Any]] = [
        (models.DateTimeField, NOW),
        (models.DateField, DAY),
        (models.TimeField, time(8)),
        (models.DurationField, timedelta(minutes=1)),
        (models.UUIDField, uuid.uuid5(uuid.NAMESPACE_URL, mark)),
        (models.GenericIPAddressField, "203.0.113.7"),
        (models.BooleanField, False),
        (models.JSONField, {"mark": mark}),
        (models.BinaryField, mark.encode()),
        (models.FloatField, 0.5),
        (models.IntegerField, 1),
        (models.CharField, _text(field, mark)),
        (models.TextField, mark),
    ]
    for kind, value in kinds:
        if isinstance(field, kind):
            return value
    return [1] if type(field).__name__ == "ArrayField" else field.get_default()


def _text(field: models.Field, mark: str) -> str:
    if isinstance(field, models.EmailField):
        return f"{mark}@example.com"
    if field.choices:
        return str(next(key for key, _ in field.flatchoices if key))
    if field.name in ("zone", "timezone"):
        return "UTC"
    return mark[: field.max_length or 1000]


def tables_with(text: str) -> set[str]:
    """Every table of the database in which a row, as text, has this."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT EXISTS (SELECT 1 FROM "{table}" t WHERE t::text ILIKE %s)', [f"%{text}%"])  # noqa: S608
            if cursor.fetchone()[0]:
                found.add(table)
    return found


def links_to(user_id: int) -> dict[str, int]:
    """How many rows of each model refer to this person by any foreign key."""
    found = {}
    for model in (*_all_models(),):
        for field in _links(model):
            if field.related_model is get_user_model():
                number = model._default_manager.filter(**{field.attname: user_id}).count()
                if number:
                    found[f"{model._meta.label}.{field.name}"] = number
    return found


def _all_models() -> list[type[models.Model]]:
    from django.apps import apps

    return list(apps.get_models(include_auto_created=True))


def jobs_of(user: User) -> list[Job]:
    return list(Job.objects.filter(user=user).order_by("id"))
