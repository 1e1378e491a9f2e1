"""Logging in to the admin: password and second factor, guesses stopped, and what a session of a phone is good for."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from habits.models import User
from tests.accounts import PASSWORD, person, superuser

pytestmark = pytest.mark.django_db

LOGIN, INDEX = reverse("admin:login"), reverse("admin:index")
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def as_in_production(settings: Any) -> Iterator[None]:
    """A second factor is asked for, and guesses are counted in a cache of the test's own."""
    settings.ADMIN_SECOND_FACTOR = True
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "login"}}
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def operator() -> User:
    user = superuser()
    TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    return user


def code(drift: int = 0) -> str:
    """What the authenticator app shows, or showed so many half minutes ago."""
    now = list(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(SECRET, now[len(now) // 2] - drift))


def log_in(client: Client, user: User, password: str = PASSWORD, **more: Any) -> Any:
    return client.post(f"{LOGIN}?next={INDEX}", {"username": user.email, "password": password, "next": INDEX, **more})


def test_password_and_code_open_the_admin(client: Client, operator: User) -> None:
    response = log_in(client, operator, code=code())

    assert (response.status_code, response["Location"]) == (302, INDEX)
    assert client.get(INDEX).status_code == 200
    assert client.get(LOGIN)["Location"] == INDEX


@pytest.mark.parametrize("wrong", ["", "000000", "not a code", "1" * 32])
def test_the_password_alone_does_not(client: Client, operator: User, wrong: str) -> None:
    response = log_in(client, operator, code=wrong)

    assert response.status_code == 200
    assert b"code" in response.content
    assert client.get(INDEX).status_code == 302


def test_a_code_lets_in_once(operator: User) -> None:
    shown = code()

    assert log_in(Client(), operator, code=shown).status_code == 302
    assert "used already" in log_in(Client(), operator, code=shown).content.decode()


def test_a_recovery_code_lets_in_once(operator: User) -> None:
    spare = Authenticator.objects.get(user=operator, type="recovery_codes").wrap().get_unused_codes()[0]

    assert log_in(Client(), operator, code=spare).status_code == 302
    assert log_in(Client(), operator, code=spare).status_code == 200


def test_who_has_no_second_factor_is_told_how_to_get_one(client: Client) -> None:
    user = superuser()

    assert f"manage.py second_factor {user.email}" in log_in(client, user).content.decode()
    assert client.get(INDEX).status_code == 302


def test_people_who_are_not_staff_are_told_nothing(client: Client) -> None:
    user = person(staff=False)

    right, wrong = log_in(client, user), log_in(client, user, "not-it")

    assert "manage.py" not in right.content.decode()
    assert right.context["form"].non_field_errors() == wrong.context["form"].non_field_errors()


def test_a_session_without_a_code_opens_nothing(client: Client, operator: User) -> None:
    """As one from a phone, whose token is that of a session."""
    client.force_login(operator, backend="django.contrib.auth.backends.ModelBackend")

    assert client.get(INDEX).status_code == 302
    assert client.get(reverse("admin:jobs_job_changelist")).status_code == 302
    assert client.get("/metrics").status_code == 403
    assert "does not open this page" in client.get(LOGIN).content.decode()


def test_without_the_setting_the_password_is_enough(client: Client, settings: Any) -> None:
    settings.ADMIN_SECOND_FACTOR = False

    assert log_in(client, superuser()).status_code == 302


def test_who_has_a_second_factor_gives_it_also_where_none_is_wanted(operator: User, settings: Any) -> None:
    settings.ADMIN_SECOND_FACTOR = False

    assert log_in(Client(), operator).status_code == 200
    assert log_in(Client(), operator, code=code()).status_code == 302


# --- Guessing --------------------------------------------------------------------------------------------------------


def test_guessing_a_password_is_stopped_also_for_the_right_one(client: Client, operator: User) -> None:
    answers = [log_in(client, operator, f"guess {number}").status_code for number in range(6)]
    right = log_in(client, operator, code=code())

    assert answers == [200] * 5 + [429]
    assert (right.status_code, right["Retry-After"]) == (429, "300")
    assert log_in(Client(), superuser(), "guess").status_code == 200  # somebody else's is counted by itself


def test_guesses_over_rest_and_in_the_admin_are_counted_together(client: Client, operator: User) -> None:
    for _ in range(5):
        body = {"email": operator.email, "password": "guess"}
        client.post("/api/v1/auth/app/v1/auth/login", body, content_type="application/json")

    assert log_in(client, operator, code=code()).status_code == 429


def test_guessing_a_code_is_stopped(client: Client, operator: User) -> None:
    answers = [log_in(client, operator, code=f"{number:06}").status_code for number in range(6)]

    assert answers == [200] * 5 + [429]
    assert log_in(client, operator, code=code()).status_code == 429


def test_one_address_that_tries_many_accounts_is_stopped(client: Client, settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    people = [person() for _ in range(11)]

    def guess(user: User, address: str) -> int:
        headers = {"X-Forwarded-For": f"made-up, {address}"}  # what a client adds itself comes before the proxy's
        return client.post(LOGIN, {"username": user.email, "password": "guess"}, headers=headers).status_code

    assert [guess(user, "203.0.113.7") for user in people] == [200] * 10 + [429]
    assert guess(people[-1], "203.0.113.8") == 200


# --- The page and the command ----------------------------------------------------------------------------------------


def test_the_page_keeps_to_the_policy(client: Client) -> None:
    page = client.get(LOGIN)
    text = page.content.decode()

    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert 'autocomplete="one-time-code"' in text
    for inline in ("<style", "<script>", " style=", " onclick="):
        assert inline not in text


def test_the_command_sets_up_a_factor_that_lets_in(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    user, said = superuser(), StringIO()
    monkeypatch.setattr("habits.management.commands.second_factor.generate_totp_secret", lambda: SECRET)
    monkeypatch.setattr("builtins.input", lambda _: code(1))

    call_command("second_factor", user.email.upper(), stdout=said)

    assert f"secret={SECRET}" in said.getvalue()
    spare = said.getvalue().split()[-1]
    assert log_in(client, user, code=spare).status_code == 302
    assert log_in(Client(), user, code=code()).status_code == 302


def test_the_command_sets_nothing_up_for_a_wrong_code(monkeypatch: pytest.MonkeyPatch) -> None:
    user = superuser()
    monkeypatch.setattr("builtins.input", lambda _: "000000")

    with pytest.raises(CommandError, match="nothing was set up"):
        call_command("second_factor", user.email, stdout=StringIO())
    assert not Authenticator.objects.exists()


def test_the_command_needs_somebody_to_type_the_code_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO())

    with pytest.raises(CommandError, match="run this in a terminal"):
        call_command("second_factor", superuser().email, stdout=StringIO())
    assert not Authenticator.objects.exists()


def test_the_command_takes_a_factor_away(operator: User) -> None:
    with pytest.raises(CommandError, match="has a second factor"):
        call_command("second_factor", operator.email)

    call_command("second_factor", operator.email, remove=True, stdout=StringIO())

    assert not Authenticator.objects.exists()


def test_the_command_knows_who_there_is() -> None:
    with pytest.raises(CommandError, match=r"no account nobody@example\.com"):
        call_command("second_factor", "nobody@example.com")
