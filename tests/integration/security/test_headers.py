"""What every answer says to browsers, how cookies are kept, how much may be sent, and that logs hold no secrets."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.conf import settings as project
from django.test import Client

from habits.accounts.tokens import issue_token
from habits.models import User
from tests.accounts import PASSWORD, person, superuser
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

PAGES = ["/livez", "/metrics", "/admin/", "/admin/login/", "/api/schema", "/api/docs", "/api/v1/me", "/api/v1/nothing"]
PAGES += ["/api/v1/unsubscribe", "/api/v1/auth/app/v1/config", "/nothing"]


@pytest.mark.parametrize("page", PAGES)
def test_every_answer_tells_browsers_what_they_may_do(page: str, settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 365 * 24 * 3600, True
    client = Client(raise_request_exception=False)
    for user in (None, superuser()):
        if user:
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        headers = client.get(page, secure=True).headers

        assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["X-Frame-Options"] == "DENY"
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
        assert policy.endswith("base-uri 'none'; frame-ancestors 'none'")
        assert "unsafe" not in policy


def test_plain_http_is_sent_to_https_but_for_probes(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True

    assert Client().get("/api/v1/me")["Location"] == "https://testserver/api/v1/me"
    assert Client().get("/livez").status_code == 200


def test_cookies_are_kept_from_scripts_other_sites_and_plain_http(settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    client = Client()
    user = superuser()
    client.get("/admin/login/", secure=True)
    client.post("/admin/login/", {"username": user.email, "password": PASSWORD, "next": "/admin/"}, secure=True)

    assert {"sessionid", "csrftoken"} <= client.cookies.keys()
    for cookie in client.cookies.values():
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax"), cookie.key


def test_forms_of_the_admin_take_their_token() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(superuser(), backend="django.contrib.auth.backends.ModelBackend")

    assert client.post("/admin/jobs/times/", {"times": "utc"}).status_code == 403


def test_a_session_cookie_opens_no_part_of_the_interface() -> None:
    """So that no other site can have a browser write there."""
    client = Client()
    client.force_login(person(staff=False), backend="django.contrib.auth.backends.ModelBackend")

    assert client.get("/api/v1/me").status_code == 401


# --- Sizes -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def user() -> User:
    return UserFactory()


@pytest.fixture
def script(user: User) -> Client:
    return Client(headers={"Authorization": f"Bearer {issue_token(user)}"})


@pytest.mark.parametrize("path", ["habits", "me/tokens", "devices", "reminders", "inbox/read"])
def test_a_body_that_is_too_large_is_refused_before_it_is_read(script: Client, path: str) -> None:
    body = json.dumps({"name": "x" * project.DATA_UPLOAD_MAX_MEMORY_SIZE})

    response = script.post(f"/api/v1/{path}", body, content_type="application/json")

    assert (response.status_code, response.json()["code"]) == (400, "bad_request")


def test_a_log_in_that_is_too_large_is_refused() -> None:
    body = json.dumps({"email": "x" * project.DATA_UPLOAD_MAX_MEMORY_SIZE, "password": "x"})

    assert Client().post("/api/v1/auth/app/v1/auth/login", body, content_type="application/json").status_code == 400


def test_a_file_that_is_too_large_is_refused_before_it_is_read(script: Client) -> None:
    response = script.generic(
        "POST", "/api/v1/imports", b"--x", "multipart/form-data; boundary=x", CONTENT_LENGTH=str(10**9)
    )

    assert (response.status_code, response.json()["code"]) == (413, "too_large")


# --- Secrets ---------------------------------------------------------------------------------------------------------


def test_neither_logs_nor_answers_hold_what_was_sent_in_secret(
    user: User, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = issue_token(user)
    monkeypatch.setattr("habits.services.create_habit", _fail)
    caplog.set_level(logging.DEBUG)
    client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {token}"})

    answers = [
        client.post("/api/v1/habits", {"name": "sw0rdfish"}, content_type="application/json"),
        client.post(
            "/api/v1/auth/app/v1/auth/login",
            {"email": user.email, "password": "sw0rdfish"},
            content_type="application/json",
        ),
        Client().post("/admin/login/", {"username": user.email, "password": "sw0rdfish"}),
        Client().get("/api/v1/me", headers={"Authorization": "Bearer fj_sw0rdfish"}),
    ]

    assert [answer.status_code for answer in answers] == [500, 400, 200, 401]
    told = caplog.text + b"".join(answer.content for answer in answers).decode()
    assert token not in told
    assert "sw0rdfish" not in told


def _fail(**_: Any) -> None:
    raise RuntimeError("on purpose")


def test_passwords_are_kept_by_argon2() -> None:
    from focusjobs import settings as production

    assert production.PASSWORD_HASHERS[0] == "django.contrib.auth.hashers.Argon2PasswordHasher"


@pytest.mark.parametrize("scope", ["anon", "user", "push", "devices", "account"])
def test_each_rate_has_a_limit_unless_somebody_takes_it_away(scope: str) -> None:
    assert project.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"][scope]
