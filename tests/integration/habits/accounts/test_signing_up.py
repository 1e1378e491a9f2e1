"""Signing up, logging in and new passwords, over allauth's REST interface."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote
from urllib.request import Request, urlopen

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from habits.models import User
from tests.integration.habits.letters import sent_letters

pytestmark = pytest.mark.django_db

AUTH = "/api/v1/auth/app/v1/auth"
PASSWORD = "a-long-walk-in-the-rain"


@pytest.fixture
def limits(settings: Any) -> Iterator[None]:
    """Login limits and throttles count, in a cache of the test's own."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    yield
    cache.clear()


def post(client: Client, path: str, **body: str) -> Any:
    return client.post(f"{AUTH}/{path}", body, content_type="application/json")


def sign_up(client: Client, email: str = "ada@example.com") -> Any:
    return post(client, "signup", email=email, password=PASSWORD)


def test_signing_up_gives_a_token_that_opens_the_interface(client: Client) -> None:
    response = sign_up(client)

    assert response.status_code == 200
    token = response.json()["meta"]["session_token"]
    profile = Client().get("/api/v1/me", headers={"X-Session-Token": token}).json()
    assert profile["email"] == "ada@example.com"
    assert profile["timezone"] == "UTC"


def test_logging_in_works_whatever_the_case_of_the_address(client: Client) -> None:
    sign_up(client, "Ada@Example.com")

    response = post(Client(), "login", email="aDA@eXample.COM", password=PASSWORD)

    assert response.status_code == 200
    token = response.json()["meta"]["session_token"]
    assert Client().get("/api/v1/me", headers={"X-Session-Token": token}).status_code == 200


def test_an_account_that_was_not_made_by_sign_up_can_log_in() -> None:
    User.objects.create_user("Demo@example.com", PASSWORD)

    assert post(Client(), "login", email="demo@example.com", password=PASSWORD).status_code == 200


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@example.com"])
def test_signing_up_twice_is_refused(client: Client, email: str) -> None:
    User.objects.create_user("Ada@example.com", PASSWORD)

    response = sign_up(client, email)

    assert response.status_code == 400
    assert [(error["param"], error["code"]) for error in response.json()["errors"]] == [("email", "email_taken")]
    assert User.objects.count() == 1


@pytest.mark.parametrize("password", ["short", "12345678901", "password123", "ada@example.com"])
def test_a_weak_password_is_refused(client: Client, password: str) -> None:
    response = post(client, "signup", email="ada@example.com", password=password)

    assert response.status_code == 400
    assert {error["param"] for error in response.json()["errors"]} == {"password"}
    assert not User.objects.exists()


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client: Client) -> None:
    sign_up(client)

    wrong = post(Client(), "login", email="ada@example.com", password="not-it")
    unknown = post(Client(), "login", email="bob@example.com", password="not-it")

    assert wrong.status_code == unknown.status_code == 400
    assert wrong.json() == unknown.json()
    assert wrong.json()["errors"][0]["code"] == "email_password_mismatch"


@pytest.mark.usefixtures("limits")
def test_guessing_a_password_is_stopped(client: Client) -> None:
    sign_up(client)
    codes = []
    for _ in range(6):
        response = post(Client(), "login", email="ada@example.com", password="not-it")
        codes.append(response.json()["errors"][0]["code"])

    assert codes == ["email_password_mismatch"] * 5 + ["too_many_login_attempts"]


def test_a_server_that_cannot_tell_who_calls_says_no_in_a_problem_document(client: Client) -> None:
    """As behind a Unix socket without TRUSTED_PROXIES: login limits need the caller's address."""
    response = client.post(
        f"{AUTH}/login", {"email": "a@b.de", "password": "x"}, content_type="application/json", REMOTE_ADDR=""
    )

    assert (response.status_code, response["Content-Type"]) == (403, "application/problem+json")
    assert response.json()["detail"] == "This is not allowed."


def test_the_caller_is_the_one_whom_the_trusted_proxy_names(client: Client, settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    response = client.post(
        f"{AUTH}/signup",
        {"email": "ada@example.com", "password": PASSWORD},
        content_type="application/json",
        REMOTE_ADDR="",
        headers={"X-Forwarded-For": "203.0.113.7"},
    )

    assert response.status_code == 200


def test_logging_out_ends_the_token(client: Client) -> None:
    token = sign_up(client).json()["meta"]["session_token"]

    Client().delete(f"{AUTH}/session", headers={"X-Session-Token": token})

    for headers in ({"X-Session-Token": token}, {"Authorization": f"Bearer {token}"}):
        response = Client().get("/api/v1/me", headers=headers)
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == "Bearer"


def test_a_disabled_account_loses_its_token(client: Client) -> None:
    token = sign_up(client).json()["meta"]["session_token"]

    User.objects.update(is_active=False)

    assert Client().get("/api/v1/me", headers={"X-Session-Token": token}).status_code == 401


def test_the_address_is_confirmed_with_the_key_in_the_mail(client: Client, settings: Any) -> None:
    token = sign_up(client).json()["meta"]["session_token"]

    [message] = sent_letters()
    key = unquote(re.findall(rf"{re.escape(settings.APP_URL)}/verify-email/(\S+)", message.body)[0])
    response = Client().post(
        f"{AUTH}/email/verify", {"key": key}, content_type="application/json", headers={"X-Session-Token": token}
    )

    assert response.status_code == 200
    addresses = Client().get("/api/v1/auth/app/v1/account/email", headers={"X-Session-Token": token}).json()
    assert addresses["data"] == [{"email": "ada@example.com", "verified": True, "primary": True}]


def test_a_forgotten_password_is_set_anew_with_the_key_in_the_mail(client: Client, settings: Any) -> None:
    sign_up(client)
    sent_letters()
    mail.outbox.clear()

    asked = post(Client(), "password/request", email="ADA@example.com")
    [key] = re.findall(rf"{re.escape(settings.APP_URL)}/reset-password/(\S+)", sent_letters()[0].body)
    post(Client(), "password/reset", key=key, password="another-long-walk")

    assert asked.status_code == 200
    assert post(Client(), "login", email="ada@example.com", password=PASSWORD).status_code == 400
    assert post(Client(), "login", email="ada@example.com", password="another-long-walk").status_code == 200


def test_people_log_in_and_tick_while_redis_is_away(client: Client, settings: Any) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "focusjobs.cache.ForgetfulRedisCache",
            "LOCATION": "unix:///nowhere/valkey.sock",
            "OPTIONS": {"socket_connect_timeout": 1},
        }
    }

    token = sign_up(client).json()["meta"]["session_token"]

    assert post(Client(), "login", email="ada@example.com", password=PASSWORD).status_code == 200
    assert Client().get("/api/v1/me", headers={"X-Session-Token": token}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_phone_signs_up_makes_a_habit_ticks_and_sees_its_streak_over_http(live_server: Any) -> None:
    """The whole path over a real connection, as a phone takes it."""
    call = Phone(live_server.url)
    call.token = call("POST", f"{AUTH}/signup", {"email": "ada@example.com", "password": PASSWORD})["meta"][
        "session_token"
    ]
    today = call("PATCH", "/api/v1/me", {"timezone": "Asia/Tokyo", "locale": "ja-JP"})["today"]
    habit = call("POST", "/api/v1/habits", {"id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "name": "Run"})

    call("PUT", f"/api/v1/habits/{habit['id']}/completions/{today}", {"value": 1})
    stats = call("GET", f"/api/v1/habits/{habit['id']}/stats")

    assert stats["as_of"] == today
    assert stats["streak"] == stats["best_streak"] == {"days": 1, "start": today}
    assert (stats["total"], stats["done_today"]) == (1, True)


class Phone:
    def __init__(self, server: str) -> None:
        self.server, self.token = server, ""

    def __call__(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.server + path, data, {"Content-Type": "application/json"}, method=method)  # noqa: S310
        if self.token:
            request.add_header("X-Session-Token", self.token)
        with urlopen(request, timeout=30) as response:  # noqa: S310
            return json.load(response)
