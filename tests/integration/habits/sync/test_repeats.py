"""Pushes that come more than once: after a lost answer, by mistake, at the same moment, or late."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import uuid4

import pytest

from habits.models import Completion, Habit, SyncPush, User
from tests.factories import UserFactory
from tests.integration.habits.phones import NOW, Phone, busy, changes, edit, habit, names, stored, tick, values
from tests.integration.habits.problems import problem_of
from tests.threads import at_once

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)

PUSH = changes(habits=[habit()], completions=[tick(), {**tick("nowhere"), "id": "lost"}])
OTHER = changes(habits=[habit("run")])


@pytest.fixture
def key() -> str:
    return str(uuid4())


def test_a_push_with_a_known_key_has_the_same_answer_and_writes_nothing(phone: Phone, key: str) -> None:
    first = phone.send(PUSH, Idempotency_Key=key)
    before = stored()
    again = phone.send(PUSH, Idempotency_Key=key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert first.json()["id"] == key
    assert stored() == before


def test_a_push_that_waits_has_the_same_answer_when_it_comes_again(phone: Phone, key: str) -> None:
    first = phone.send(PUSH, Idempotency_Key=key, Prefer="respond-async")
    before = stored()
    again = phone.send(PUSH, Idempotency_Key=key, Prefer="respond-async")
    assert (first.status_code, again.status_code) == (202, 202)
    assert (again.json(), again["Location"]) == (first.json(), first["Location"])
    assert stored() == before


def test_a_known_key_is_answered_though_its_habit_is_gone_meanwhile(phone: Phone, user: User, key: str) -> None:
    first = phone.send(PUSH, Idempotency_Key=key).json()
    Phone(user, "phone-b").push(deleted=[("habits", "walk")])
    again = phone.send(PUSH, Idempotency_Key=key)
    assert (again.status_code, again.json()["merged_version"]) == (200, first["merged_version"])
    assert names(phone.pull()) == {}


def test_a_known_key_with_another_body_is_refused(phone: Phone, key: str) -> None:
    phone.send(PUSH, Idempotency_Key=key)
    before = stored()
    problem = problem_of(phone.send(OTHER, Idempotency_Key=key), 422)
    assert problem["code"] == "idempotency_key_reused"
    assert stored() == before


def test_the_same_key_of_somebody_else_is_another_one(phone: Phone, key: str) -> None:
    assert phone.send(PUSH, Idempotency_Key=key).status_code == 200
    assert Phone(UserFactory()).send(OTHER, Idempotency_Key=key).status_code == 200
    assert sorted(Habit.objects.values_list("client_id", flat=True)) == ["run", "walk"]


@pytest.mark.parametrize("form", ["{}", "{}".upper(), '"{}"', " {} ", "urn:uuid:{}"])
def test_a_key_is_the_same_in_all_its_forms(phone: Phone, key: str, form: str) -> None:
    phone.send(PUSH, Idempotency_Key=key)
    assert phone.send(PUSH, Idempotency_Key=form.format(key)).json()["id"] == key
    assert SyncPush.objects.count() == 1


def test_a_push_without_a_key_is_merged_again_to_no_effect(phone: Phone) -> None:
    phone.send(PUSH)
    before = {name: rows for name, rows in stored().items() if name in ("Habit", "Completion", "SyncState")}
    phone.send(PUSH)
    assert {name: stored()[name] for name in before} == before
    assert SyncPush.objects.count() == 2


def test_a_late_copy_of_an_old_edit_changes_nothing(phone: Phone) -> None:
    old = edit(tick(), NOW + 1, value=0)
    phone.push(habits=[habit()], completions=[tick()])
    phone.push(completions=[old])
    phone.push(completions=[edit(tick(), NOW + 2, value=1)])
    answer = phone.push(completions=[old])
    assert values(answer) == values(phone.pull()) == [1]


def test_a_push_that_is_repeated_after_a_lost_answer_does_not_undo_another_phone(phone: Phone, user: User) -> None:
    other = Phone(user, "phone-b")
    phone.push(habits=[habit()], completions=[tick()])
    lost = {"habits": [edit(habit(), NOW + 10, name="Mine")], "completions": [edit(tick(), NOW + 10, value=0)]}
    phone.push(**lost)
    other.push(
        habits=[edit(habit(), NOW + 20, name="Theirs")], completions=[edit(tick(), NOW + 20, value=1, note="Done")]
    )
    answer = phone.push(**lost)
    assert (names(answer), values(answer)) == ({"walk": "Theirs"}, [1])
    assert Completion.objects.get().note == "Done"


# --- At the same moment ----------------------------------------------------------------------------------------------


def sending(user: User, device: str, body: Any, key: str, prefer: str = "wait=10") -> Any:
    """A push to be sent by a thread of its own; gives its status and answer."""

    def send() -> tuple[int, Any]:
        response = Phone(user, device).send(body, Idempotency_Key=key, Prefer=prefer)
        return response.status_code, response.json()

    return send


@committed
@pytest.mark.parametrize("prefer", ["wait=10", "respond-async"])
def test_the_same_push_four_times_at_one_moment_is_accepted_once(user: User, key: str, prefer: str) -> None:
    answers = at_once(*[sending(user, "phone-a", PUSH, key, prefer)] * 4)
    status = 200 if prefer == "wait=10" else 202
    assert answers == [(status, answers[0][1])] * 4
    assert SyncPush.objects.count() == 1
    Phone(user).pull()
    assert list(Completion.objects.values_list("value", "version")) == [(1000, 2)]


@committed
def test_of_two_bodies_with_one_key_at_one_moment_one_is_taken(user: User, key: str) -> None:
    answers = at_once(sending(user, "phone-a", PUSH, key), sending(user, "phone-b", OTHER, key))
    assert Counter(status for status, _ in answers) == {200: 1, 422: 1}
    (taken,) = (answer for status, answer in answers if status == 200)
    assert [str(push.key) for push in SyncPush.objects.all()] == [taken["id"]]
    assert Habit.objects.count() == 1


@committed
def test_pushes_of_many_phones_at_one_moment_are_all_merged(user: User) -> None:
    Phone(user).push(habits=[habit(kind="counted")])
    pushes = []
    for number in range(6):
        device = f"phone-{number}"
        body = changes(habits=[habit(f"h{number}")], completions=[tick(value=number, device=device)])
        pushes.append(sending(user, device, body, str(uuid4())))
    assert {status for status, _ in at_once(*pushes)} == {200}
    answer = Phone(user).pull()
    assert len(names(answer)) == 7
    assert sum(values(answer)) == 15
    assert sorted(Habit.objects.values_list("version", flat=True)) == [2, 3, 4, 5, 6, 7, 8]


@committed
def test_a_push_that_comes_again_during_another_merge_is_accepted_once(user: User, key: str) -> None:
    with busy(user):
        first = Phone(user).send(PUSH, Idempotency_Key=key, Prefer="wait=0")
        again = Phone(user).send(PUSH, Idempotency_Key=key, Prefer="wait=0")
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json() == first.json()
    assert (SyncPush.objects.count(), len(names(Phone(user).pull()))) == (1, 1)
