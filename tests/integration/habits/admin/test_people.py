"""Accounts in the admin."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from habits.models import User
from tests.factories import UserFactory
from tests.integration.habits.admin.pages import text

pytestmark = pytest.mark.django_db


def test_an_account_is_made_with_an_address_and_can_log_in(client: Client) -> None:
    word = "a rather long word 17"
    form = {"email": "New@Example.com", "password1": word, "password2": word, "usable_password": "true"}

    response = client.post(reverse("admin:habits_user_add"), form)

    assert response.status_code == 302
    made = User.objects.get(email="new@example.com")
    assert made.check_password(word)
    assert "Days and weeks" in text(client.get(reverse("admin:habits_user_change", args=[made.pk])))


def test_an_address_that_is_taken_is_refused_whatever_its_case(client: Client) -> None:
    UserFactory(email="ana@example.com")
    word = "a rather long word 17"
    form = {"email": "ANA@example.com", "password1": word, "password2": word, "usable_password": "true"}

    assert "This address has an account." in text(client.post(reverse("admin:habits_user_add"), form))
