"""Letters, simultaneous sign-ups, limits, sessions and the second factor, over allauth's REST interface."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.contrib.auth.hashers import identify_hasher, make_password
from django.core import mail
from django.core.cache import cache
from django.test import Client

from focusjobs import settings as production
from focusjobs.jobs.models import Job
from habits.delivery import KEEP_LETTERS
from habits.models import Letter, User
from habits.tasks import send_letter, tidy_accounts
from tests.integration.habits.letters import sent_letters
from tests.threads import at_once

pytestmark = pytest.mark.django_db

ROOT = "/api/v1/auth/app/v1"
EMAIL, PASSWORD = "ada@example.com", "a-long-walk-in-the-rain"


@pytest.fixture
def limits(settings: Any) -> Iterator[None]:
    """Login limits count, in a cache of the test's own."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "life"}}
    cache.clear()
    yield
    cache.clear()


def call(method: str, path: str, body: dict[str, Any] | None = None, token: str = "", **headers: str) -> Any:
    sent = {"X-Session-Token": token, **headers} if token else headers
    return getattr(Client(), method)(f"{ROOT}/{path}", body, content_type="application/json", headers=sent)


def sign_up(email: str = EMAIL, **headers: str) -> str:
    answer = call("post", "auth/signup", {"email": email, "password": PASSWORD}, **headers)
    return str(answer.json()["meta"]["session_token"])


def log_in(password: str = PASSWORD, **headers: str) -> Any:
    return call("post", "auth/login", {"email": EMAIL, "password": password}, **headers)


def confirm(token: str) -> None:
    key = unquote(re.findall(r"/verify-email/(\S+)", str(sent_letters()[-1].body))[0])
    assert call("post", "auth/email/verify", {"key": key}, token).status_code == 200


def is_open(token: str) -> bool:
    return Client().get("/api/v1/me", headers={"X-Session-Token": token}).status_code == 200


# --- Letters ---------------------------------------------------------------------------------------------------------


def test_signing_up_writes_a_letter_and_leaves_the_sending_to_a_job() -> None:
    token = sign_up()

    assert is_open(token)
    letter, job = Letter.objects.get(), Job.objects.get(task=send_letter.name)
    assert (letter.recipient, letter.user, mail.outbox) == (EMAIL, User.objects.get(), [])
    assert job.arguments == {"letter_id": letter.pk}
    assert job.max_attempts == 12

    [message] = sent_letters()
    assert (message.to, message.subject, message.body) == ([EMAIL], letter.subject, letter.text)
    assert "/verify-email/" in message.body
    assert not Letter.objects.exists()


def test_a_letter_that_was_sent_is_not_sent_again() -> None:
    sign_up()
    sent_letters()
    sent_letters()
    assert len(mail.outbox) == 1


def test_a_letter_stays_while_the_mail_server_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    sign_up()

    def refuse(*_: Any) -> None:
        raise smtplib.SMTPServerDisconnected

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
        with pytest.raises(smtplib.SMTPServerDisconnected):
            sent_letters()
    assert Letter.objects.count() == 1
    assert len(sent_letters()) == 1


def test_letters_that_nobody_could_send_are_forgotten() -> None:
    sign_up()
    tidy_accounts()
    assert Letter.objects.count() == 1
    Letter.objects.update(written_at=Letter.objects.get().written_at - KEEP_LETTERS)
    assert tidy_accounts()["letters"] == 1
    assert not Letter.objects.exists()


# --- Signing up and logging in ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_sign_ups_at_one_moment_one_makes_the_account_and_the_others_are_told() -> None:
    answers = at_once(*[lambda: call("post", "auth/signup", {"email": EMAIL, "password": PASSWORD})] * 4)

    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    refused = [answer.json()["errors"] for answer in answers if answer.status_code == 400]
    assert {(error["param"], error["code"]) for errors in refused for error in errors} == {("email", "email_taken")}
    assert User.objects.count() == 1
    assert log_in().status_code == 200


def test_passwords_are_hashed_with_argon2(settings: Any) -> None:
    settings.PASSWORD_HASHERS = production.PASSWORD_HASHERS
    assert identify_hasher(make_password(PASSWORD)).algorithm == "argon2"


# --- Sessions --------------------------------------------------------------------------------------------------------


def test_a_person_sees_where_they_are_logged_in_and_ends_one_of_them() -> None:
    here, there = sign_up(**{"User-Agent": "phone"}), log_in(**{"User-Agent": "tablet"}).json()["meta"]["session_token"]

    listed = call("get", "auth/sessions", token=here).json()["data"]
    assert {row["user_agent"]: row["is_current"] for row in listed} == {"phone": True, "tablet": False}

    tablet = next(row["id"] for row in listed if row["user_agent"] == "tablet")
    left = call("delete", "auth/sessions", {"sessions": [tablet]}, here).json()["data"]

    assert [row["user_agent"] for row in left] == ["phone"]
    assert (is_open(here), is_open(there)) == (True, False)


def test_nobody_ends_the_session_of_somebody_else() -> None:
    eve, ada = sign_up("eve@example.com"), sign_up()
    theirs = call("get", "auth/sessions", token=ada).json()["data"][0]["id"]

    assert call("delete", "auth/sessions", {"sessions": [theirs]}, eve).status_code == 400
    assert is_open(ada)


def test_a_new_password_ends_all_other_sessions() -> None:
    here, there = sign_up(), log_in().json()["meta"]["session_token"]

    body = {"current_password": PASSWORD, "new_password": "another-long-walk"}
    changed = call("post", "account/password/change", body, here)

    assert changed.status_code == 200
    assert not is_open(there)
    assert is_open(changed.json().get("meta", {}).get("session_token", here))
    assert log_in().status_code == 400
    assert log_in("another-long-walk").status_code == 200


def test_a_reset_password_ends_all_sessions() -> None:
    token = sign_up()
    call("post", "auth/password/request", {"email": EMAIL})
    key = re.findall(r"/reset-password/(\S+)", str(sent_letters()[-1].body))[0]

    call("post", "auth/password/reset", {"key": key, "password": "another-long-walk"})

    assert not is_open(token)


# --- The second factor -----------------------------------------------------------------------------------------------


def signed_up_and_confirmed() -> str:
    """Give a token whose person has just said the password again, as a change of the second factor wants."""
    token = sign_up()
    confirm(token)
    assert call("post", "auth/reauthenticate", {"password": PASSWORD}, token).status_code == 200
    return token


def code_of(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return str(format_hotp_value(hotp_value(secret, counter)))


def begin_second_factor(token: str) -> str:
    """Switch it on and give its secret."""
    offered = call("get", "account/authenticators/totp", token=token)
    assert offered.status_code == 404
    meta = offered.json()["meta"]
    assert "issuer=Focusjobs" in meta["totp_url"]
    switched = call("post", "account/authenticators/totp", {"code": code_of(meta["secret"])}, token)
    assert switched.status_code == 200, switched.content
    return str(meta["secret"])


def test_a_second_factor_needs_an_address_that_is_confirmed() -> None:
    sign_up()
    refused = call("get", "account/authenticators/totp", token=log_in().json()["meta"]["session_token"])
    assert (refused.status_code, refused.json()["status"]) == (409, 409)
    assert not Authenticator.objects.exists()


def test_with_a_second_factor_a_password_alone_opens_nothing() -> None:
    token = signed_up_and_confirmed()
    begin_second_factor(token)
    codes = call("get", "account/authenticators/recovery-codes", token=token).json()["data"]["unused_codes"]

    half = log_in()
    assert half.status_code == 401
    assert [flow["id"] for flow in half.json()["data"]["flows"] if flow.get("is_pending")] == ["mfa_authenticate"]
    pending = half.json()["meta"]["session_token"]
    assert not is_open(pending)

    assert call("post", "auth/2fa/authenticate", {"code": "000000"}, pending).status_code == 400
    answer = call("post", "auth/2fa/authenticate", {"code": codes[0]}, pending)
    assert answer.status_code == 200
    assert is_open(answer.json()["meta"].get("session_token", pending))

    again = log_in().json()["meta"]["session_token"]
    assert call("post", "auth/2fa/authenticate", {"code": codes[0]}, again).status_code == 400


def test_the_secrets_of_a_second_factor_are_encrypted_in_the_database(settings: Any) -> None:
    token = signed_up_and_confirmed()
    secret = begin_second_factor(token)
    call("get", "account/authenticators/recovery-codes", token=token)

    stored = Authenticator.objects.get(type="totp").data["secret"]
    assert stored != secret
    assert get_adapter().decrypt(stored) == secret
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "k" * 50
    assert get_adapter().decrypt(stored) == secret
