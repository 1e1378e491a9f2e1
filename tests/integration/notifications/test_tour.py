"""What docs/notifications.md shows of the REST interface is answered."""

from __future__ import annotations

import json
import re
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from habits.models import User
from notifications.models import InboxItem, Notification
from notifications.transports import configure

from .rows import at, delivery_to, device_of

PAGE = Path(__file__).parents[3] / "docs/notifications.md"


def commands() -> list[tuple[str, str, Any]]:
    """Give method, path and body of each request of the tour."""
    block = PAGE.read_text().partition("## Over REST")[2].partition("```sh\n")[2].partition("```")[0]
    lines = [line for line in block.replace("\\\n", " ").splitlines() if line.startswith("curl")]
    return [_request(shlex.split(line)) for line in lines]


def _request(words: list[str]) -> tuple[str, str, Any]:
    options = dict(pairwise(words))
    (path,) = (word.removeprefix("$API") for word in words if word.startswith("$API"))
    body = json.loads(options["-d"]) if "-d" in options else None
    return options.get("-X", "GET"), path, body


@pytest.mark.django_db
def test_the_tour_of_the_documents_works(api: APIClient, person: User, settings: Any) -> None:
    settings.PUSH_TRANSPORTS = {"fcm": {"kind": "console"}, "console": {}}
    configure(settings.PUSH_TRANSPORTS)
    notification: Notification = delivery_to(device_of(person)).notification
    InboxItem.objects.create(
        user=person, notification=notification, kind="test", title="Told", created_at=at("2026-03-09")
    )
    answers, made = [], {}
    for method, path, body in commands():
        there = re.sub(r"/reminders/\d+", f"/reminders/{made.get('id')}", path)
        response = getattr(api, method.lower())(f"/api/v1{there}", body, format="json")
        answers.append((path, response.status_code))
        made = response.json() if method == "POST" and path == "/reminders" else made
    configure({})

    assert answers == [
        ("/push", 200),
        ("/devices", 201),
        ("/notifications/test", 202),
        ("/reminders", 201),
        ("/reminders/7/snooze", 200),
        ("/preferences/all/push", 200),
        ("/inbox?unread=true", 200),
        ("/inbox/read", 200),
    ]
