"""Reminders and devices are sent again only where they changed, and changed only where nobody else has changed them."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
from rest_framework.test import APIClient

from habits.models import User
from notifications.models import Device, Reminder
from notifications.planning.firing import fire_due
from tests.integration.habits.problems import problem_of

from .rows import at, device_of, habit_of, reminder_of

pytestmark = pytest.mark.django_db

NOW = at("2026-03-09T06:00")
EIGHT = at("2026-03-09T07:00")
"""08:00 in Berlin."""


@pytest.fixture(params=["reminders", "devices"])
def place(request: pytest.FixtureRequest, person: User) -> str:
    """The address of a row that is there."""
    row: Any = device_of(person) if request.param == "devices" else reminder_of(habit_of(person), time(8), NOW)
    return f"/api/v1/{request.param}/{row.pk}"


def change_of(place: str) -> dict[str, str]:
    return {"app_version": "2.0"} if "devices" in place else {"label": "Again"}


def test_what_has_not_changed_is_not_sent_again(api: APIClient, place: str) -> None:
    seen = api.get(place)["ETag"]

    assert api.get(place, headers={"If-None-Match": seen}).status_code == 304
    changed = api.patch(place, change_of(place))
    assert changed["ETag"] != seen
    answer = api.get(place, headers={"If-None-Match": seen})
    assert (answer.status_code, answer["ETag"], answer.json()) == (200, changed["ETag"], changed.json())


def test_a_list_that_has_not_changed_is_not_sent_again(api: APIClient, place: str) -> None:
    path = place.rpartition("/")[0]
    seen = api.get(path)["ETag"]

    assert api.get(path, headers={"If-None-Match": seen}).status_code == 304
    api.patch(place, change_of(place))
    assert api.get(path, headers={"If-None-Match": seen}).status_code == 200


def test_what_somebody_else_has_changed_is_left_as_it_is(api: APIClient, place: str) -> None:
    seen = api.get(place)["ETag"]
    api.patch(place, change_of(place))
    now = api.get(place).json()

    for act in (api.patch, api.delete):
        problem = problem_of(act(place, {"label": "", "locale": "de"}, headers={"If-Match": seen}), 412)
        assert problem["code"] == "precondition_failed"
    assert api.get(place).json() == now


def test_what_is_as_it_was_seen_is_changed_and_removed(api: APIClient, place: str) -> None:
    changed = api.patch(place, change_of(place), headers={"If-Match": api.get(place)["ETag"]})

    assert changed.status_code == 200
    assert api.delete(place, headers={"If-Match": changed["ETag"]}).status_code == 204


def test_a_reminder_that_has_fired_has_another_etag_as_its_next_time_is_another(api: APIClient, person: User) -> None:
    reminder = reminder_of(habit_of(person), time(8), NOW)
    place = f"/api/v1/reminders/{reminder.pk}"
    before = api.get(place)
    fire_due(EIGHT)

    after = api.get(place, headers={"If-None-Match": before["ETag"]})
    assert (after.status_code, after.json()["next_at"]) == (200, "2026-03-10T07:00:00Z")


def test_a_request_about_what_is_gone_meanwhile_is_answered_as_if_it_never_was(
    api: APIClient, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model: Any = Device if "devices" in place else Reminder

    def gone(*_: Any) -> Any:
        model.objects.all().delete()
        return None

    monkeypatch.setattr(f"notifications.views.{place.split('/')[3]}.seen_versions", gone)
    assert api.patch(place, change_of(place)).status_code == 404
