"""Pushes that are wrong, careless or meant to harm: each gets its answer, and what is refused leaves nothing behind."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

from habits.models import Completion, Habit, SyncPush, User
from tests.factories import CompletionFactory, UserFactory
from tests.integration.habits.phones import NOW, PULL, PUSH, Phone, changes, gone, habit, names, problems, stored, tick
from tests.integration.habits.problems import problem_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def phone(user: User) -> Phone:
    """A phone of a person who has a habit, “walk”, with one day."""
    phone = Phone(user)
    phone.push(habits=[habit()], completions=[tick()])
    return phone


# --- Whole requests that are refused ---------------------------------------------------------------------------------


def nested(levels: int) -> bytes:
    """A push whose lists and objects lie so deep; the row's id is the innermost value."""
    inside = levels - 4
    return b'{"habits": {"updated": [{"id": "x", "name": %s1%s}]}}' % (b"[" * inside, b"]" * inside)


SHAPES = {
    "nothing at all": b"",
    "half of a body": b'{"habits": {"updated": [',
    "two bodies": b"{} {}",
    "no object": b"[]",
    "null": b"null",
    "a text": b'"habits"',
    "bytes that are no UTF-8": b'{"habits": {"updated": [{"id": "x", "name": "\xff"}]}}',
    "a number of 5,000 digits": b'{"habits": {"updated": [{"id": "x", "position": 1' + b"0" * 5_000 + b"}]}}",
    "eleven levels": nested(11),
    "a thousand levels": nested(1_000),
    "a thousand lists alone": b"[" * 1_000 + b"]" * 1_000,
    "a million levels": b"[" * 1_000_000,
    "changes that are null": b'{"changes": null}',
    "a table that is null": b'{"habits": null}',
    "a table that is a list": b'{"habits": [{"id": "x"}]}',
    "a list that no table has": b'{"habits": {"upserted": []}}',
    "a list that is an object": b'{"habits": {"updated": {"id": "x"}}}',
    "a row that is null": b'{"habits": {"updated": [null]}}',
    "a row that is a list": b'{"habits": {"updated": [["x"]]}}',
    "a row without an id": b'{"habits": {"updated": [{"name": "x"}]}}',
    "an id that is a number": b'{"habits": {"created": [{"id": 7, "name": "x"}]}}',
    "an id that is a list": b'{"completions": {"updated": [{"id": ["x"]}]}}',
    "an id with NUL": b'{"habits": {"updated": [{"id": "x\\u0000", "name": "x"}]}}',
    "a deleted id that is a number": b'{"habits": {"deleted": [7]}}',
    "a deleted row in place of its id": b'{"habits": {"deleted": [{"id": "walk"}]}}',
    "a deleted habit's id with NUL": b'{"habits": {"deleted": ["walk\\u0000"]}}',
    "a deleted day's id with NUL": b'{"completions": {"deleted": ["\\u0000"]}}',
}


def test_a_push_of_another_shape_is_refused_whole(phone: Phone) -> None:
    before = stored()
    for name, body in SHAPES.items():
        problem = problem_of(phone.send(body), 400)
        assert problem["code"] == "shape", name
        assert problem["detail"], name
    assert stored() == before


def test_a_push_of_ten_levels_is_read(phone: Phone) -> None:
    assert problems(phone.send(nested(10)).json()) == [("habits", "x", "invalid")]


HEADERS = {
    "no device": {"X_Device_Id": ""},
    "the server's name": {"X_Device_Id": "server"},
    "a device with a slash": {"X_Device_Id": "a/b"},
    "a device of 65 letters": {"X_Device_Id": "x" * 65},
    "a key that is no UUID": {"Idempotency_Key": "again"},
    "a key that is empty": {"Idempotency_Key": ""},
}


def test_a_push_with_a_header_that_says_nothing_is_refused(phone: Phone) -> None:
    before = stored()
    for name, headers in HEADERS.items():
        assert problem_of(phone.send(changes(habits=[habit("run")]), **headers), 400)["code"] == "shape", name
    assert stored() == before


def test_a_cursor_that_is_no_version_is_refused(phone: Phone) -> None:
    before = stored()
    for cursor in ("-1", "1.5", "1e3", "yesterday", "9" * 19, "١٢", "1 OR 1=1", "\0"):
        pulled = phone.client.get(PULL, {"last_pulled_at": cursor})
        address = f"{PUSH}?last_pulled_at={cursor}"
        pushed = phone.client.post(address, changes(habits=[habit("run")]), headers={"X-Device-Id": "phone-a"})
        codes = [problem_of(response, 400)["code"] for response in (pulled, pushed)]
        assert codes == ["shape", "shape"], cursor
    assert stored() == before


def test_a_table_that_is_not_synced_is_refused(phone: Phone) -> None:
    before = stored()
    for table in ("users", "auth_user", "Habits", "", "habits\0"):
        body = {**changes(habits=[habit("run")]), table: {"updated": [{"id": "x", "is_staff": True}]}}
        assert problem_of(phone.send(body), 422)["code"] == "unknown_table", table
    assert stored() == before


def test_a_push_that_is_not_json_by_its_type_is_refused(phone: Phone) -> None:
    before = stored()
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        response = phone.send(changes(habits=[habit("run")]), content_type=content_type)
        assert problem_of(response, 415)["code"] == "unsupported_media_type", content_type
    assert stored() == before


def test_a_push_of_too_many_operations_is_refused_with_the_limits(phone: Phone) -> None:
    before = stored()
    for table, operations in product(("habits", "completions"), (5_001, 10_000)):
        rows, deleted = [habit(f"h{n}") for n in range(operations - 1)], ["x"]
        problem = problem_of(phone.send({table: {"updated": rows, "deleted": deleted}}), 413)
        assert (problem["code"], problem["max_ops"], problem["max_bytes"]) == ("too_large", 5_000, 4 * 1024 * 1024)
    assert stored() == before


def test_a_push_of_five_thousand_operations_is_merged_new_or_not(phone: Phone) -> None:
    rows = [habit(f"h{n}") for n in range(2_000)]
    days = [tick(row["id"], day) for day in ("2026-01-01", "2025-12-31") for row in rows][:2_999]
    phone.push(habits=rows, completions=days, deleted=[("habits", "walk")])
    phone.push(
        habits=[{**row, "name": "Other", "updated_at": NOW + 1} for row in rows],
        completions=[{**day, "value": 0, "updated_at": NOW + 1} for day in days],
    )
    assert Habit.objects.filter(deleted=False, name="Other").count() == 2_000
    assert Completion.objects.filter(value=0).count() == 2_999


# --- Who asks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "not_authenticated"),
        ({"Authorization": "Basic eDp4"}, "not_authenticated"),
        ({"Authorization": "Bearer"}, "invalid_token"),
        ({"Authorization": "Bearer made-up"}, "invalid_token"),
        ({"Authorization": "Bearer fj_made-up"}, "invalid_token"),
        ({"Authorization": "Bearer fj_\xff\xfe"}, "invalid_token"),
    ],
)
def test_who_is_not_logged_in_gets_nothing(phone: Phone, headers: dict[str, str], code: str) -> None:
    before = stored()
    phone.client.force_authenticate(None)
    for method, address in (("POST", PUSH), ("GET", PULL), ("GET", f"{PUSH}es/{SyncPush.objects.get().key}")):
        body = json.dumps(changes(habits=[habit("run")])) if method == "POST" else ""
        sent = {"X-Device-Id": "phone-a", **headers}
        response = phone.client.generic(method, address, body, content_type="application/json", headers=sent)
        assert problem_of(response, 401)["code"] == code
        assert response["WWW-Authenticate"] == "Bearer"
    assert stored() == before


def test_too_many_pushes_are_told_when_to_come_back(
    phone: Phone, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "pushes"}}
    monkeypatch.setattr(
        "habits.views.throttles.PushRate.THROTTLE_RATES", {"push": "2/minute", "user": None, "anon": None}
    )
    assert [phone.send(changes()).status_code for _ in range(2)] == [200, 200]
    before = stored()
    response = phone.send(changes(habits=[habit("run")]))
    assert problem_of(response, 429)["code"] == "throttled"
    assert response["Retry-After"] == "60"
    assert stored() == before
    assert phone.client.get(PULL).status_code == 200
    assert Phone(UserFactory()).send(changes()).status_code == 200


# --- What belongs to somebody else -----------------------------------------------------------------------------------


@pytest.fixture
def theirs() -> Completion:
    """A day of somebody else's habit, “secret”."""
    return CompletionFactory(habit__client_id="secret", habit__name="Secret")


def rows_of(owner: User) -> list[Any]:
    return [list(model.objects.filter(user=owner).values()) for model in (Habit, Completion)]


def test_a_habit_with_the_id_of_somebody_elses_is_ones_own(phone: Phone, user: User, theirs: Completion) -> None:
    before = rows_of(theirs.user)
    assert problems(phone.push(habits=[habit("secret", name="Mine")])) == []
    assert rows_of(theirs.user) == before
    assert names(phone.pull()) == {"walk": "Walk", "secret": "Mine"}


def test_a_day_of_somebody_elses_habit_is_refused_as_of_one_that_is_not_there(
    phone: Phone, user: User, theirs: Completion
) -> None:
    before = rows_of(theirs.user), rows_of(user)
    day = tick("secret", theirs.day.isoformat())
    (theirs_refused,) = phone.push(completions=[day])["problems"]
    (unknown_refused,) = phone.push(completions=[tick("nowhere")])["problems"]
    assert theirs_refused["code"] == unknown_refused["code"] == "unknown_habit"
    assert theirs_refused["detail"].replace("secret", "nowhere") == unknown_refused["detail"]
    assert (rows_of(theirs.user), rows_of(user)) == before


def test_a_day_under_the_id_of_somebody_elses_is_ones_own(phone: Phone, theirs: Completion) -> None:
    before = rows_of(theirs.user)
    assert problems(phone.push(completions=[{**tick(day="2025-12-31"), "id": theirs.client_id}])) == []
    assert rows_of(theirs.user) == before


def test_nobody_deletes_what_belongs_to_somebody_else(phone: Phone, user: User, theirs: Completion) -> None:
    before = rows_of(theirs.user), rows_of(user)
    answer = phone.push(deleted=[("habits", "secret"), ("completions", theirs.client_id)])
    assert problems(answer) == []
    assert (rows_of(theirs.user), rows_of(user)) == before


def test_a_pull_has_nothing_of_somebody_elses(phone: Phone, theirs: Completion) -> None:
    assert "secret" not in json.dumps(phone.pull()).lower()
    assert gone(phone.pull()) == []


def test_half_a_surrogate_pair_in_a_note_does_not_block_the_phone(user: User) -> None:
    phone = Phone(user)
    phone.push(habits=[habit()])

    body = json.dumps({"completions": {"updated": [tick(note="cut \ud83d")]}})
    answer = phone.send(body.encode())

    assert answer.status_code == 200, answer.content
    assert [row["note"] for row in answer.json()["changes"]["completions"]["updated"]] == ["cut \ufffd"]
