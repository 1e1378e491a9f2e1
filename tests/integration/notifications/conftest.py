"""What the tests of notifications share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from habits.models import User
from notifications.transports import configure
from tests.factories import UserFactory


@pytest.fixture
def person(db: Any) -> User:
    return UserFactory(timezone="Europe/Berlin")


@pytest.fixture
def api(person: User) -> APIClient:
    """A phone on which `person` is logged in."""
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(person)
    return client


@pytest.fixture
def sent_file(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """The file into which messages go, in place of providers."""
    path = tmp_path / "sent.jsonl"
    configure({"file": {"path": str(path)}, "email": {"from_email": "focusjobs@example.com"}})
    settings.PUSH_RATES = {"default": 1e6}  # which also makes the ramp's first tokens come at once
    yield path
    configure(settings.PUSH_TRANSPORTS)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], AbstractContextManager[Any]]:
    """Sets the time for a block, the database's too, from where it goes on."""
    monkeypatch.setattr("notifications.clock.now", timezone.now)
    return lambda moment: time_machine.travel(moment, tick=True)
