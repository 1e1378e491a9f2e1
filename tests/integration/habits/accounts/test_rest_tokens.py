"""API tokens over REST: made with the password, shown once, listed without the secret, revoked at once."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from habits.accounts.tokens import issue_token, owner_of
from habits.models import ApiToken, User
from tests.factories import UserFactory
from tests.integration.habits.problems import problem_of

pytestmark = pytest.mark.django_db

TOKENS = "/api/v1/me/tokens"
PASSWORD = "a-long-walk-in-the-rain"


@pytest.fixture
def owner(user: User) -> User:
    user.set_password(PASSWORD)
    user.save()
    return user


def test_a_token_is_shown_once_and_works(api: APIClient, owner: User) -> None:
    made = api.post(TOKENS, {"name": "backup", "password": PASSWORD})

    token = made.json()["token"]
    assert (made.status_code, made.json()["name"]) == (201, "backup")
    assert owner_of(token) == owner
    listed = api.get(TOKENS).json()["results"]
    assert [(row["id"], row["name"]) for row in listed] == [(made.json()["id"], "backup")]
    assert "token" not in listed[0]
    assert "digest" not in listed[0]


@pytest.mark.parametrize("password", ["", "not-it"])
def test_no_token_is_made_without_the_password(api: APIClient, owner: User, password: str) -> None:
    refused = api.post(TOKENS, {"name": "backup", "password": password})
    assert problem_of(refused, 403)["code"] == "reauthentication_required"
    assert not ApiToken.objects.exists()


def test_a_token_that_is_revoked_opens_nothing(api: APIClient, owner: User) -> None:
    token, other = issue_token(owner, "old"), issue_token(owner, "new")
    number = ApiToken.objects.get(name="old").pk

    assert api.delete(f"{TOKENS}/{number}").status_code == 204

    assert (owner_of(token), owner_of(other)) == (None, owner)
    assert problem_of(api.delete(f"{TOKENS}/{number}"), 404)


def test_the_tokens_of_somebody_else_do_not_exist(api: APIClient) -> None:
    stranger = UserFactory()
    token = issue_token(stranger)
    assert problem_of(api.delete(f"{TOKENS}/{ApiToken.objects.get().pk}"), 404)
    assert api.get(TOKENS).json()["results"] == []
    assert owner_of(token) == stranger
