"""A phone as the server sees it: pushes and pulls over the REST interface."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from threading import Event
from typing import Any

from django.db import transaction
from rest_framework.test import APIClient

from focusjobs.jobs.models import Job
from habits.domain.identity import completion_id
from habits.merging import Merging
from habits.models import Completion, CompletionAlias, Habit, LostText, SyncDevice, SyncPush, SyncState, User
from tests.threads import beside

NOW = 1_767_261_600_000
"""2026-01-01 10:00 UTC, in milliseconds."""

PUSH, PULL = "/api/v1/sync/push", "/api/v1/sync/pull"
PATIENCE = 30
"""Seconds after which a test that waits for another thread fails."""


@dataclass
class Phone:
    """Pushes rows as WatermelonDB does; keeps no rows of its own."""

    user: User
    device: str = "phone-a"
    cursor: int | None = None
    client: APIClient = field(default_factory=lambda: APIClient(raise_request_exception=False))

    def __post_init__(self) -> None:
        self.client.force_authenticate(self.user)

    def send(self, changes: Any, content_type: str = "application/json", **headers: str) -> Any:
        """Push a body and give the response; a header's name has _ for -."""
        body = changes if isinstance(changes, bytes) else json.dumps(changes)
        names = {"X-Device-Id": self.device, **{name.replace("_", "-"): text for name, text in headers.items()}}
        address = f"{PUSH}?last_pulled_at={'null' if self.cursor is None else self.cursor}"
        return self.client.generic("POST", address, body, content_type=content_type, headers=names)

    def push(self, *, habits: Any = (), completions: Any = (), deleted: Any = (), **headers: str) -> Any:
        """Push rows as updated and give the answer, which has to be 200."""
        response = self.send(changes(habits=habits, completions=completions, deleted=deleted), **headers)
        assert response.status_code == 200, response.content
        return response.json()

    def fetch(self, **query: Any) -> Any:
        """Pull and give the response."""
        query = {"last_pulled_at": self.cursor or "null", **query}
        return self.client.get(PULL, query, headers={"X-Device-Id": self.device})

    def pull(self, **query: Any) -> Any:
        """Pull, remember the cursor, and give the answer, which has to be 200."""
        response = self.fetch(**query)
        assert response.status_code == 200, response.content
        answer = response.json()
        self.cursor = answer["timestamp"]
        return answer


def changes(*, habits: Any = (), completions: Any = (), deleted: Any = ()) -> dict[str, Any]:
    """The body of a push with rows as updated and, in `deleted`, tables with identifiers."""
    lists = {"habits": habits, "completions": completions}
    body: dict[str, Any] = {
        table: {"created": [], "updated": list(rows), "deleted": []} for table, rows in lists.items()
    }
    for table, name in deleted:
        body[table]["deleted"].append(name)
    return body


def habit(habit_id: str = "walk", at: int = NOW, **columns: Any) -> dict[str, Any]:
    """A row of a habit whose name is its id."""
    return {"id": habit_id, "name": habit_id.title(), "kind": "yes_no", "updated_at": at, **columns}


def tick(habit_id: str = "walk", day: str = "2026-01-01", value: Any = 1, at: int = NOW, **columns: Any) -> Any:
    """A row of a day; `device` makes it that device's share."""
    slot = columns.get("device", "")
    name = completion_id(habit_id, date.fromisoformat(day), slot)
    return {"id": name, "habit_id": habit_id, "date": day, "value": value, "updated_at": at, **columns}


def edit(row: Mapping[str, Any], at: int, **columns: Any) -> dict[str, Any]:
    """A row that the phone had, with some columns changed, as WatermelonDB marks it."""
    return {**row, **columns, "updated_at": at, "_status": "updated", "_changed": ",".join([*columns, "updated_at"])}


def names(answer: Any) -> dict[str, str]:
    """The names of the habits in an answer, by their ids."""
    return {row["id"]: row["name"] for row in answer["changes"]["habits"]["updated"]}


def values(answer: Any) -> list[Any]:
    """The values of the days in an answer, in the order of days, habits and devices."""
    rows = answer["changes"]["completions"]["updated"]
    return [row["value"] for row in sorted(rows, key=lambda row: (row["date"], row["habit_id"], row["device"]))]


def gone(answer: Any, table: str = "completions") -> list[str]:
    """The ids that a phone is to delete."""
    return sorted(answer["changes"][table]["deleted"])


def problems(answer: Any) -> list[tuple[str, str, str]]:
    """Table, id and code of each row that was refused."""
    found = [(problem["table"], problem["id"], problem["code"]) for problem in answer["problems"]]
    ids = answer["experimentalRejectedIds"]
    assert sorted((table, name) for table in ids for name in ids[table]) == sorted(one[:2] for one in found)
    return found


def stored() -> dict[str, list[Any]]:
    """Everything that a push may write: the synced tables, the inbox, what is known of phones, and jobs."""
    models = (Habit, Completion, CompletionAlias, LostText, SyncPush, SyncState, SyncDevice, Job)
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in models}


@contextmanager
def busy(user: User) -> Iterator[None]:
    """Another process that is merging the person's edits, until the block ends."""
    held, done = Event(), Event()

    def hold() -> None:
        with transaction.atomic(), Merging(user.pk):
            held.set()
            assert done.wait(PATIENCE)

    holder = beside(hold)
    try:
        assert held.wait(PATIENCE)
        yield
    finally:
        done.set()
        holder()
