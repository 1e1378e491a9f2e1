"""What the tests of the habits app share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from habits.models import User
from habits.signals import completions_changed
from tests.factories import UserFactory
from tests.integration.jobs.conftest import bells, pulse

__all__ = ["bells", "pulse"]


@pytest.fixture
def user(db: Any) -> User:
    return UserFactory()


@pytest.fixture
def api(user: User) -> APIClient:
    """A phone on which `user` is logged in."""
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(user)
    return client


@pytest.fixture
def told() -> Iterator[list[dict[str, Any]]]:
    """What `completions_changed` told, in order."""
    messages: list[dict[str, Any]] = []

    def listen(**message: Any) -> None:
        messages.append({name: message[name] for name in ("habit_ids", "user_id", "since")})

    completions_changed.connect(listen)
    yield messages
    completions_changed.disconnect(listen)
