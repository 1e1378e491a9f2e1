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

from habits.models import Habit, User
from notifications.models import Device
from notifications.transports import configure
from notifications.transports.wire import close
from tests.factories import UserFactory
from tests.providers import Providers

from .clients import client_of
from .rows import device_of, habit_of


@pytest.fixture
def person(db: Any) -> User:
    return UserFactory(timezone="Europe/Berlin")


@pytest.fixture
def habit(person: User) -> Habit:
    return habit_of(person)


@pytest.fixture
def device(person: User) -> Device:
    return device_of(person)


@pytest.fixture
def api(person: User) -> APIClient:
    """A phone on which `person` is logged in."""
    return client_of(person)


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


@pytest.fixture(scope="session")
def played_providers() -> Iterator[Providers]:
    with Providers.start() as providers:
        yield providers


@pytest.fixture
def push(played_providers: Providers, settings: Any) -> Iterator[Providers]:
    """Providers on this machine, and the product set up to send to them."""
    played_providers.clear()
    ways = {name: played_providers.options(name) for name in ("fcm", "apns")}
    settings.PUSH_TRANSPORTS = {**ways, "email": {"from_email": "focusjobs@example.com"}}
    settings.PUSH_RATES = {"default": 1e6}  # which also makes the ramp's first tokens come at once
    configure(settings.PUSH_TRANSPORTS)
    yield played_providers
    close()
    configure({})
