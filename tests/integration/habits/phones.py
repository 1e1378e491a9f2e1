"""A phone as the server sees it: pushes and pulls over the REST interface."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from rest_framework.test import APIClient

from habits.domain.identity import completion_id
from habits.models import User

NOW = 1_767_261_600_000
"""2026-01-01 10:00 UTC, in milliseconds."""


@dataclass
class Phone:
    """Pushes rows as WatermelonDB does; keeps no rows of its own."""

    user: User
    device: str = "phone-a"
    cursor: int | None = None
    client: APIClient = field(default_factory=lambda: APIClient(raise_request_exception=False))

    def __post_init__(self) -> None:
        self.client.force_authenticate(self.user)

    def send(self, changes: Any, **headers: str) -> Any:
        """Push a body and give the response."""
        body = changes if isinstance(changes, bytes) else json.dumps(changes)
        names = {"X-Device-Id": self.device, **{name.replace("_", "-"): text for name, text in headers.items()}}
        address = f"/api/v1/sync/push?last_pulled_at={'null' if self.cursor is None else self.cursor}"
        return self.client.generic("POST", address, body, content_type="application/json", headers=names)

    def push(self, *, habits: Any = (), completions: Any = (), deleted: Any = (), **headers: str) -> Any:
        """Push rows as updated and give the answer, which has to be 200."""
        lists = {"habits": habits, "completions": completions}
        changes = {table: {"created": [], "updated": list(rows), "deleted": []} for table, rows in lists.items()}
        for table, name in deleted:
            changes[table]["deleted"].append(name)
        response = self.send(changes, **headers)
        assert response.status_code == 200, response.content
        return response.json()

    def pull(self, **query: Any) -> Any:
        """Pull, remember the cursor, and give the answer."""
        response = self.client.get("/api/v1/sync/pull", {"last_pulled_at": self.cursor or "null", **query})
        assert response.status_code == 200, response.content
        answer = response.json()
        self.cursor = answer["timestamp"]
        return answer


def habit(name: str = "walk", at: int = NOW, **columns: Any) -> dict[str, Any]:
    """A row of a habit whose id is its name."""
    return {"id": name, "name": name.title(), "kind": "yes_no", "updated_at": at, **columns}


def tick(habit_id: str = "walk", day: str = "2026-01-01", value: Any = 1, at: int = NOW, **columns: Any) -> Any:
    """A row of a day; `device` makes it that device's share."""
    slot = columns.get("device", "")
    name = completion_id(habit_id, date.fromisoformat(day), slot)
    return {"id": name, "habit_id": habit_id, "date": day, "value": value, "updated_at": at, **columns}
