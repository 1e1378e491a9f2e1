"""Requests whose answer was lost are repeated, and make nothing new."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from habits.models import User
from notifications.models import Notification, Reminder
from tests.factories import UserFactory
from tests.integration.habits.problems import errors_of, problem_of
from tests.threads import at_once

from .clients import client_of
from .rows import habit_of

pytestmark = pytest.mark.django_db

REMINDERS, TEST = "/api/v1/reminders", "/api/v1/notifications/test"
MORNING = {"kind": "routine", "label": "Morning", "local_time": "07:30", "weekdays": 31}


def ask(api: APIClient, key: Any, body: Any = None, path: str = REMINDERS) -> Any:
    return api.post(path, body, headers={"Idempotency-Key": str(key)})


def test_a_reminder_that_is_asked_for_again_is_the_one_that_is_there(api: APIClient) -> None:
    key = uuid4()
    first, again = ask(api, key, MORNING), ask(api, f'"{key}"', MORNING)

    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.json(), again["ETag"]) == (first.json(), first["ETag"])
    assert Reminder.objects.count() == 1


def test_the_same_in_other_words_is_the_same(api: APIClient) -> None:
    key = uuid4()
    first = ask(api, key, {"kind": "routine", "local_time": "07:30"})
    again = ask(api, key, {"local_time": "07:30:00", "kind": "routine"})

    assert again.json() == first.json()
    assert Reminder.objects.count() == 1


@pytest.mark.parametrize("change", [{"local_time": "07:31"}, {"label": ""}, {"category": "Morning"}])
def test_another_reminder_needs_another_key(api: APIClient, change: dict[str, Any]) -> None:
    key = uuid4()
    ask(api, key, MORNING)

    problem = problem_of(ask(api, key, {**MORNING, **change}), 422)
    assert problem["code"] == "idempotency_key_reused"
    assert "a changed request needs a new key" in problem["detail"]
    assert Reminder.objects.get().label == "Morning"


def test_reminders_of_two_habits_need_two_keys(api: APIClient, person: User) -> None:
    key, bodies = uuid4(), []
    for name in ("run", "read"):
        habit_of(person, name, client_id=name)
        bodies.append({"kind": "habit", "habit": name, "local_time": "08:00"})

    assert [ask(api, key, body).status_code for body in bodies] == [201, 422]
    assert ask(api, key, bodies[0]).json()["habit"] == "run"


def test_a_repetition_gives_the_reminder_as_it_is_by_now(api: APIClient) -> None:
    key = uuid4()
    made = ask(api, key, MORNING).json()
    api.patch(f"{REMINDERS}/{made['id']}", {"local_time": "09:00"})

    again = ask(api, key, MORNING).json()
    assert (again["id"], again["local_time"]) == (made["id"], "09:00")


def test_what_was_refused_leaves_its_key_free(api: APIClient) -> None:
    key = uuid4()

    assert errors_of(ask(api, key, {**MORNING, "timezone": "Mars"}))
    assert ask(api, key, MORNING).status_code == 201


def test_a_key_is_one_persons_own(api: APIClient) -> None:
    key = uuid4()

    assert ask(api, key, MORNING).json()["id"] != ask(client_of(UserFactory()), key, MORNING).json()["id"]


def test_without_a_key_every_request_adds_one(api: APIClient) -> None:
    numbers = {api.post(REMINDERS, MORNING).json()["id"] for _ in range(2)}

    assert len(numbers) == 2


@pytest.mark.parametrize("path", [REMINDERS, TEST])
def test_what_is_no_key_is_refused_before_anything_is_made(api: APIClient, path: str) -> None:
    problem = problem_of(ask(api, "again", MORNING, path), 400)

    assert (problem["code"], "is a UUID" in problem["detail"]) == ("shape", True)
    assert not Reminder.objects.exists()
    assert not Notification.objects.exists()


def test_a_test_that_is_asked_for_again_is_sent_once(api: APIClient) -> None:
    key = uuid4()
    first, again, other = (ask(api, name, path=TEST) for name in (key, key, uuid4()))

    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json() != other.json()
    assert Notification.objects.count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("path", "model"), [(REMINDERS, Reminder), (TEST, Notification)])
def test_a_request_that_comes_several_times_at_once_makes_one(person: User, path: str, model: Any) -> None:
    key, answers = uuid4(), []
    at_once(*[lambda: answers.append(ask(client_of(person), key, MORNING, path).json())] * 4)

    assert answers[1:] == answers[:1] * 3
    assert model.objects.count() == 1
