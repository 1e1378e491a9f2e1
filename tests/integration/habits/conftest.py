"""What the REST tests share."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from habits.models import User
from tests.factories import UserFactory


@pytest.fixture
def user(db: Any) -> User:
    return UserFactory()


@pytest.fixture
def api(user: User) -> APIClient:
    """A phone on which `user` is logged in."""
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(user)
    return client
