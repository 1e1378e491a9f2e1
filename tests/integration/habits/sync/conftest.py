"""What the tests of the sync share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine

from habits.models import User
from tests.integration.habits.phones import Phone


@pytest.fixture
def phone(user: User) -> Phone:
    """A phone that has not synced yet."""
    return Phone(user)


@pytest.fixture
def noon() -> Iterator[None]:
    """The clock stands at noon of the day that `tick` records."""
    with time_machine.travel(datetime(2026, 1, 1, 12, tzinfo=UTC), tick=False):
        yield
