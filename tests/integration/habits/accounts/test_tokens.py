"""API tokens, which scripts carry, and session tokens as bearer tokens."""

from __future__ import annotations

import hashlib
import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from habits.accounts.tokens import issue_token, owner_of
from habits.models import ApiToken, User
from tests.factories import UserFactory
from tests.integration.habits.problems import problem_of

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-walk-in-the-rain"


def create_token(**options: str) -> str:
    """What the command prints."""
    printed = StringIO()
    call_command("create_token", **options, stdout=printed)
    return printed.getvalue()


def me(token: str, scheme: str = "Bearer") -> Any:
    return Client().get("/api/v1/me", headers={"Authorization": f"{scheme} {token}"})


def test_the_command_prints_a_token_alone_that_works_for_an_account_that_it_makes() -> None:
    printed = create_token(email="script@example.com", name="backup")
    token = printed.removesuffix("\n")
    assert token.startswith("fj_")
    assert "\n" not in token
    response = me(token)
    assert (response.status_code, response.json()["email"]) == (200, "script@example.com")
    user = User.objects.get()
    assert (user.has_usable_password(), user.is_staff, user.is_superuser) == (False, False, False)


@pytest.mark.parametrize("email", ["ana@example.com", "Ana@Example.com"])
def test_the_command_finds_the_account_that_is_there_whatever_the_case(email: str) -> None:
    user = UserFactory(email="ana@example.com")
    assert owner_of(create_token(email=email).strip()) == user
    assert User.objects.count() == 1


@pytest.mark.parametrize("email", ["", "ana", "ana@", "@example.com", "ana@example.com, eve@example.com", "a b@c.de"])
def test_the_command_refuses_what_is_no_address(email: str) -> None:
    with pytest.raises(CommandError, match="is not an e-mail address"):
        create_token(email=email)
    assert not User.objects.exists()
    assert not ApiToken.objects.exists()


def test_the_command_wants_to_know_whose_token_it_is() -> None:
    with pytest.raises(CommandError, match="--email"):
        call_command("create_token")


def test_a_token_is_stored_as_its_hash_alone() -> None:
    user = UserFactory()
    token = issue_token(user, "backup")
    row = ApiToken.objects.get()
    assert (row.user, row.name, row.digest) == (user, "backup", hashlib.sha256(token.encode()).hexdigest())
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(t)::text FROM habits_apitoken t")
        assert token not in json.dumps(cursor.fetchall())


def test_each_token_is_another_and_all_of_them_work() -> None:
    user = UserFactory()
    tokens = {issue_token(user) for _ in range(5)}
    assert len(tokens) == 5
    assert {owner_of(token) for token in tokens} == {user}


def test_a_token_opens_its_own_account_alone() -> None:
    ana, eve = UserFactory(), UserFactory()
    assert me(issue_token(ana)).json()["email"] == ana.email
    assert me(issue_token(eve)).json()["email"] == eve.email


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_the_name_of_the_scheme_has_no_case(scheme: str) -> None:
    assert me(issue_token(UserFactory()), scheme).status_code == 200


WRONG = {
    "cut": lambda token: token[:-1],
    "longer": lambda token: token + "x",
    "in capitals": lambda token: token.upper(),
    "without its beginning": lambda token: token.removeprefix("fj_"),
    "its hash": lambda token: f"fj_{hashlib.sha256(token.encode()).hexdigest()}",
    "the beginning alone": lambda _: "fj_",
    "nothing": lambda _: "",
    "with a wildcard": lambda _: "fj_%",
    "with NUL": lambda token: f"{token}\0",
    "not ASCII": lambda token: f"{token}\xff",
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_what_is_not_the_token_is_refused(change: Any) -> None:
    response = me(change(issue_token(UserFactory())))
    assert problem_of(response, 401)["code"] == "invalid_token"
    assert response["WWW-Authenticate"] == "Bearer"


def test_a_token_that_was_deleted_is_refused() -> None:
    token = issue_token(UserFactory())
    ApiToken.objects.all().delete()
    assert me(token).status_code == 401


def test_the_token_of_an_account_that_is_shut_is_refused() -> None:
    token = issue_token(UserFactory(is_active=False))
    assert problem_of(me(token), 401)["code"] == "invalid_token"
    User.objects.update(is_active=True)
    assert me(token).status_code == 200


# --- Session tokens --------------------------------------------------------------------------------------------------


@pytest.fixture
def session_token(client: Client) -> str:
    body = {"email": "ada@example.com", "password": PASSWORD}
    answer = client.post("/api/v1/auth/app/v1/auth/signup", body, content_type="application/json").json()
    return str(answer["meta"]["session_token"])


def test_a_session_token_is_a_bearer_token(session_token: str) -> None:
    assert me(session_token).json()["email"] == "ada@example.com"


def test_a_phone_syncs_with_its_session_token(session_token: str) -> None:
    headers = {"Authorization": f"Bearer {session_token}", "X-Device-Id": "phone-a"}
    body = {"habits": {"created": [{"id": "walk", "name": "Walk"}]}}
    pushed = Client().post("/api/v1/sync/push", body, content_type="application/json", headers=headers)
    assert pushed.status_code == 200
    pulled = Client().get("/api/v1/sync/pull", headers=headers).json()
    assert [row["name"] for row in pulled["changes"]["habits"]["updated"]] == ["Walk"]


def test_the_session_token_of_an_account_that_is_shut_is_refused(session_token: str) -> None:
    User.objects.update(is_active=False)
    assert problem_of(me(session_token), 401)["code"] == "invalid_token"
