"""Which rows belong to a person: those that would go with the account, of whatever app.

The answer comes from the models' foreign keys, so that this app need not know those that depend on it, and a table
that is added tomorrow is not forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import CASCADE, DO_NOTHING
from django.utils import timezone

from habits.domain.limits import FIRST_DAY
from habits.models import User

JOB = "jobs.Job"
"""Jobs are set free, not deleted, where their person goes; they are the person's all the same."""

JOB_FIELDS = ("id", "task", "state", "attempt", "created_at", "started_at", "finished_at", "progress")
"""What of a job is the person's: its arguments, result and errors are the server's own."""

SECRETS = {
    "account.EmailConfirmation": frozenset({"key"}),
    "habits.ApiToken": frozenset({"digest"}),
    "habits.Letter": frozenset({"text", "html"}),
    "habits.User": frozenset({"password"}),
    "mfa.Authenticator": frozenset({"data"}),
    "notifications.Device": frozenset({"address", "address_hash"}),
    "usersessions.UserSession": frozenset({"session_key", "data"}),
}
"""What opens the account or reaches a device; whoever finds the file must not get it. By model, fields."""

NOT_THEIRS = frozenset({"admin.LogEntry", "jobs.ErrorUser", "jobs.SavedFilter"})
"""What belongs to the service, though it goes with the account: acts in the admin, and who met an error."""


@dataclass(frozen=True)
class Table:
    """Rows of a model that belong to people."""

    model: type[models.Model]
    path: str
    """The lookup that leads from a row to its person's number."""
    fields: tuple[str, ...]
    """The columns that are handed out, by attribute."""

    @property
    def label(self) -> str:
        """The name of the model, with its app."""
        return self.model._meta.label

    def rows(self, user_id: int) -> models.QuerySet[Any, Any]:
        """Give a person's rows, as dicts, in the order of their keys."""
        rows = self.model._default_manager.filter(**{self.path: user_id}, **_every_day(self.model))
        return rows.order_by("pk").values(*self.fields)


@cache
def tables() -> tuple[Table, ...]:
    """Give every table that has rows of people, the account's own first."""
    paths: dict[type[models.Model], str] = {User: "pk"}
    while found := {model: path for model in _others(paths) if (path := _path(model, paths))}:
        paths |= found
    paths[apps.get_model(JOB)] = "user_id"
    shown = [(model, path) for model, path in paths.items() if model._meta.label not in NOT_THEIRS]
    return tuple(Table(model, path, _fields(model)) for model, path in shown)


def _every_day(model: type[models.Model]) -> dict[str, list[date]]:
    """Give a filter that names every day, where a key begins with the day: by the person alone all rows were read."""
    key = model._meta.pk
    first = key.fields[0] if isinstance(key, models.CompositePrimaryKey) else None
    if not isinstance(first, models.DateField):
        return {}
    today = timezone.now().date()
    return {f"{first.name}__in": [today - timedelta(days=age) for age in range(-1, (today - FIRST_DAY).days + 1)]}


def _others(paths: dict[type[models.Model], str]) -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model not in paths]


def _path(model: type[models.Model], paths: dict[type[models.Model], str]) -> str:
    """Give the shortest way from a row to its person, or nothing where its owner is not known to be one."""
    ways = [
        field.name if paths[field.related_model] == "pk" else f"{field.name}__{paths[field.related_model]}"
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey)
        and field.related_model in paths
        and field.remote_field.on_delete in (CASCADE, DO_NOTHING)
    ]
    return min(ways, key=len, default="")


def _fields(model: type[models.Model]) -> tuple[str, ...]:
    if model._meta.label == JOB:
        return JOB_FIELDS
    withheld = SECRETS.get(model._meta.label, frozenset())
    return tuple(
        field.attname
        for field in model._meta.concrete_fields
        if field.name not in withheld and not isinstance(field, models.BinaryField)
    )
