"""The inbox over REST."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from habits.models import User
from notifications.models import InboxItem, Notification
from tests.factories import UserFactory
from tests.integration.habits.problems import errors_of

from .rows import at

pytestmark = pytest.mark.django_db

INBOX = "/api/v1/inbox"
NOON = at("2026-03-09T11:00")


def item_of(person: User, number: int) -> InboxItem:
    notification = Notification.objects.create(
        user=person, kind="habit", occurrence_key=f"n{number}", day=NOON, fire_at=NOON, due_at=NOON, not_after=NOON
    )
    return InboxItem.objects.create(user=person, notification=notification, kind="habit", title=f"Item {number}")


def titles(answer: Any) -> list[str]:
    return [row["title"] for row in answer.json()["results"]]


def test_the_inbox_comes_in_pages_the_newest_first(api: APIClient, person: User) -> None:
    for number in range(5):
        item_of(person, number)
    first = api.get(f"{INBOX}?page_size=2")
    item_of(person, 9)
    second = api.get(first.json()["next"])

    assert (titles(first), titles(second)) == (["Item 4", "Item 3"], ["Item 2", "Item 1"])


def test_what_was_read_stays_read_and_can_be_unread(api: APIClient, person: User) -> None:
    item = item_of(person, 1)

    assert api.get(f"{INBOX}/unread").json() == {"count": 1}
    assert api.patch(f"{INBOX}/{item.pk}", {"read": True}).json()["read_at"] is not None
    assert (api.get(f"{INBOX}/unread").json(), titles(api.get(f"{INBOX}?unread=1"))) == ({"count": 0}, [])
    assert api.patch(f"{INBOX}/{item.pk}", {"read": False}).json()["read_at"] is None


def test_reading_everything_leaves_what_came_after_unread(api: APIClient, person: User) -> None:
    shown = [item_of(person, number) for number in range(3)]
    item_of(person, 9)

    assert api.post(f"{INBOX}/read", {"up_to": shown[-1].pk}).json() == {"count": 3}
    assert titles(api.get(f"{INBOX}?unread=true")) == ["Item 9"]


def test_nobody_sees_or_marks_the_inbox_of_others(api: APIClient) -> None:
    item = item_of(UserFactory(), 1)

    assert titles(api.get(INBOX)) == []
    assert api.patch(f"{INBOX}/{item.pk}", {"read": True}).status_code == 404
    assert api.post(f"{INBOX}/read", {"up_to": item.pk}).json() == {"count": 0}
    item.refresh_from_db()
    assert item.read_at is None


def test_a_query_that_is_neither_yes_nor_no_is_refused(api: APIClient, person: User) -> None:
    item_of(person, 1)

    assert [name for name, _ in errors_of(api.get(f"{INBOX}?unread=maybe"))] == ["unread"]
    assert titles(api.get(f"{INBOX}?unread=false")) == ["Item 1"]


def test_what_was_removed_is_gone_and_its_notification_stays(api: APIClient, person: User) -> None:
    removed, _ = item_of(person, 1), item_of(person, 2)

    assert api.delete(f"{INBOX}/{removed.pk}").status_code == 204
    assert (titles(api.get(INBOX)), api.get(f"{INBOX}/unread").json()) == (["Item 2"], {"count": 1})
    assert api.get(f"{INBOX}/{removed.pk}").status_code == 404
    assert Notification.objects.filter(user=person).count() == 2


@pytest.mark.parametrize("place", ["", "/unread", "/{}"])
def test_what_has_not_changed_is_not_sent_again(api: APIClient, person: User, place: str) -> None:
    item = item_of(person, 1)
    path = INBOX + place.format(item.pk)
    seen = {"If-None-Match": api.get(path)["ETag"]}

    assert api.get(path, headers=seen).status_code == 304
    api.patch(f"{INBOX}/{item.pk}", {"read": True})
    assert api.get(path, headers=seen).status_code == 200


def test_one_item_is_read_as_the_list_has_it(api: APIClient, person: User) -> None:
    item = item_of(person, 1)

    assert api.get(f"{INBOX}/{item.pk}").json() == api.get(INBOX).json()["results"][0]
    assert api.get(f"{INBOX}/{item_of(UserFactory(), 2).pk}").status_code == 404
