"""What people want to be told, over REST and by the link in e-mails."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import signing
from rest_framework.test import APIClient

from habits.models import User
from notifications.delivery.messages import UNSUBSCRIBE_SALT
from notifications.models import Preference
from tests.integration.habits.problems import errors_of, problem_of

pytestmark = pytest.mark.django_db

PREFERENCES = "/api/v1/preferences"


def test_what_holds_is_listed_for_every_kind_and_channel(api: APIClient) -> None:
    rows = {(row["kind"], row["channel"]): row for row in api.get(PREFERENCES).json()}

    assert len(rows) == 4 + 5 * 3
    assert (rows["habit", "push"]["enabled"], rows["habit", "email"]["enabled"]) == (True, False)
    assert rows["all", "all"]["enabled"] is None


def test_quiet_hours_hold_for_all_until_a_kind_has_its_own(api: APIClient) -> None:
    quiet = api.patch(f"{PREFERENCES}/all/push", {"quiet_from": "22:00", "quiet_to": "07:00"}).json()
    api.patch(f"{PREFERENCES}/streak_alert/push", {"quiet_from": "23:00", "quiet_to": "06:00"})

    assert (quiet["quiet_from"], quiet["quiet_to"]) == ("22:00", "07:00")
    assert api.get(f"{PREFERENCES}/habit/push").json()["quiet_from"] == "22:00"
    assert api.get(f"{PREFERENCES}/streak_alert/push").json()["quiet_from"] == "23:00"
    assert api.get(f"{PREFERENCES}/habit/email").json()["quiet_from"] is None


def test_what_is_settled_can_be_left_open_again(api: APIClient) -> None:
    api.patch(f"{PREFERENCES}/habit/push", {"enabled": False, "max_per_day": 3})
    assert api.patch(f"{PREFERENCES}/habit/push", {"max_per_day": None}).json()["max_per_day"] is None
    assert api.get(f"{PREFERENCES}/habit/push").json()["enabled"] is False
    assert api.delete(f"{PREFERENCES}/habit/push").status_code == 204
    assert api.get(f"{PREFERENCES}/habit/push").json()["enabled"] is True


@pytest.mark.parametrize(
    ("body", "field"),
    [({"quiet_from": "22:00"}, "quiet_to"), ({"max_per_day": -1}, "max_per_day"), ({"enabled": "maybe"}, "enabled")],
)
def test_what_cannot_be_a_wish_is_refused(api: APIClient, body: dict[str, Any], field: str) -> None:
    assert [name for name, _ in errors_of(api.patch(f"{PREFERENCES}/all/all", body))] == [field]
    assert not Preference.objects.exists()


@pytest.mark.parametrize("path", ["habits/push", "habit/fax", "all/pigeon"])
def test_an_unknown_kind_or_channel_does_not_exist(api: APIClient, path: str) -> None:
    assert api.get(f"{PREFERENCES}/{path}").status_code == 404


@pytest.mark.parametrize("path", [PREFERENCES, f"{PREFERENCES}/habit/push"])
def test_what_has_not_changed_is_not_sent_again(api: APIClient, path: str) -> None:
    seen = {"If-None-Match": api.get(path)["ETag"]}

    assert api.get(path, headers=seen).status_code == 304
    api.patch(f"{PREFERENCES}/all/push", {"max_per_day": 3})
    assert api.get(path, headers=seen).status_code == 200


@pytest.mark.parametrize("changed", ["habit/push", "all/push"])
def test_what_was_settled_elsewhere_meanwhile_is_left_as_it_is(api: APIClient, changed: str) -> None:
    place = f"{PREFERENCES}/habit/push"
    seen = {"If-Match": api.get(place)["ETag"]}
    api.patch(f"{PREFERENCES}/{changed}", {"max_per_day": 3})
    now = api.get(place).json()

    for act in (api.patch, api.delete):
        assert problem_of(act(place, {"max_per_day": 5}, headers=seen), 412)["code"] == "precondition_failed"
    assert api.get(place).json() == now


def test_what_holds_as_it_was_seen_is_changed_and_cleared(api: APIClient) -> None:
    place = f"{PREFERENCES}/habit/push"
    changed = api.patch(place, {"max_per_day": 3}, headers={"If-Match": api.get(place)["ETag"]})

    assert (changed.status_code, changed["ETag"]) == (200, api.get(place)["ETag"])
    assert api.delete(place, headers={"If-Match": changed["ETag"]}).status_code == 204
    assert not Preference.objects.exists()


def test_a_link_in_a_mail_ends_such_mails_without_a_login(person: User) -> None:
    Preference.objects.create(user=person, kind="habit", channel="email", enabled=True)
    link = f"/api/v1/unsubscribe?token={signing.dumps([person.pk, 'habit'], salt=UNSUBSCRIBE_SALT)}"
    stranger = APIClient()

    assert stranger.get(link).status_code == 200
    assert Preference.objects.get().enabled is True  # programs that follow links change nothing
    assert stranger.post(link).status_code == 200
    assert Preference.objects.get().enabled is False


def test_a_forged_link_does_nothing(person: User) -> None:
    forged = f"/api/v1/unsubscribe?token={signing.dumps([person.pk, 'habit'], salt='another')}"

    assert APIClient().post(forged).status_code == 404
    assert not Preference.objects.exists()
