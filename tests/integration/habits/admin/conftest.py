"""What the tests of the admin share."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.accounts import superuser


@pytest.fixture
def client(client: Client) -> Client:
    client.force_login(superuser())
    return client
