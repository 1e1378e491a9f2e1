"""What staff with rights over accounts cannot do to them: become more, or become somebody else."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from habits.models import User
from tests.accounts import person, superuser

pytestmark = pytest.mark.django_db

ACCOUNTS = ("habits.view_user", "habits.change_user", "habits.add_user", "habits.delete_user")


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def fields_of(client: Client, user: User) -> dict[str, Any]:
    form = client.get(reverse("admin:habits_user_change", args=[user.pk])).context["adminform"].form
    values = {name: form.initial.get(name) for name in form.fields if name != "password"}
    return {name: value for name, value in values.items() if value or (value == 0 and value is not False)}


def test_who_may_change_accounts_gives_nobody_rights_and_takes_over_no_superuser() -> None:
    clerk, chief, somebody = person(*ACCOUNTS), superuser(), person(staff=False)
    client = browser(clerk)
    address = reverse("admin:habits_user_change", args=[somebody.pk])

    fields = {**fields_of(client, somebody), "name": "Ada", "is_staff": "on", "is_superuser": "on"}
    assert client.post(address, fields).status_code == 302
    somebody.refresh_from_db()
    assert (somebody.name, somebody.is_staff, somebody.is_superuser) == ("Ada", False, False)

    for user in (chief, clerk):
        password = reverse("admin:auth_user_password_change", args=[user.pk])
        changed = client.post(reverse("admin:habits_user_change", args=[user.pk]), {"email": "mine@example.com"})
        assert client.post(password, {"password1": "another-long-walk"}).status_code == 403
        assert client.post(reverse("admin:habits_user_delete", args=[user.pk]), {"post": "yes"}).status_code == 403
        assert changed.status_code == 403


def test_superusers_give_rights() -> None:
    client, somebody = browser(superuser()), person(staff=False)

    fields = {**fields_of(client, somebody), "is_staff": "on", "is_active": "on"}
    client.post(reverse("admin:habits_user_change", args=[somebody.pk]), fields)

    somebody.refresh_from_db()
    assert somebody.is_staff


def test_the_key_of_a_session_is_on_no_page() -> None:
    phone = Client()
    body = {"email": "ada@example.com", "password": "a-long-walk-in-the-rain"}
    answer = phone.post("/api/v1/auth/app/v1/auth/signup", body, content_type="application/json").json()
    token, session = answer["meta"]["session_token"], UserSession.objects.get()
    client = browser(superuser())

    for address in (
        reverse("admin:usersessions_usersession_changelist"),
        reverse("admin:usersessions_usersession_change", args=[session.pk]),
    ):
        page = client.get(address)
        assert page.status_code == 200
        assert token not in page.content.decode()


def test_removing_a_session_logs_out() -> None:
    body = {"email": "ada@example.com", "password": "a-long-walk-in-the-rain"}
    answer = Client().post("/api/v1/auth/app/v1/auth/signup", body, content_type="application/json").json()
    token = answer["meta"]["session_token"]

    address = reverse("admin:usersessions_usersession_delete", args=[UserSession.objects.get().pk])
    browser(superuser()).post(address, {"post": "yes"})

    assert not Session.objects.filter(session_key=token).exists()
    assert Client().get("/api/v1/me", headers={"X-Session-Token": token}).status_code == 401


def test_removing_a_second_factor_takes_its_recovery_codes_along_and_shows_no_secret() -> None:
    user = person(staff=False)
    secret = generate_totp_secret()
    totp = TOTP.activate(user, secret).instance
    RecoveryCodes.activate(user)
    client = browser(superuser())

    page = client.get(reverse("admin:mfa_authenticator_change", args=[totp.pk])).content.decode()
    assert totp.data["secret"] not in page
    client.post(reverse("admin:mfa_authenticator_delete", args=[totp.pk]), {"post": "yes"})

    assert not Authenticator.objects.exists()


def test_who_may_look_at_addresses_confirms_none() -> None:
    user = person(staff=False)
    row = EmailAddress.objects.create(user=user, email=user.email, primary=True)
    picked = {"action": "make_verified", "_selected_action": row.pk}

    browser(person("account.view_emailaddress")).post(reverse("admin:account_emailaddress_changelist"), picked)

    row.refresh_from_db()
    assert not row.verified
