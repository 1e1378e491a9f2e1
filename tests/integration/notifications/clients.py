"""Phones on which people are logged in."""

from __future__ import annotations

from rest_framework.test import APIClient

from habits.models import User


def client_of(person: User) -> APIClient:
    """Give a phone of a person."""
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(person)
    return client
