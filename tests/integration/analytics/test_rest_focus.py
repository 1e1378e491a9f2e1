"""Focus sessions over REST, one by one and in pages."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from rest_framework.test import APIClient

from habits.models import User
from tests.factories import HabitFactory, UserFactory
from tests.integration.habits.problems import errors_of, problem_of
from tests.threads import at_once

pytestmark = pytest.mark.django_db

SESSIONS = "/api/v1/focus-sessions"


def client_of(person: User) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(person)
    return client


@pytest.fixture
def api() -> APIClient:
    client = client_of(UserFactory())
    for hour in range(3):
        body = {"started_at": f"2026-03-09T0{hour}:00:00Z", "seconds": 600}
        assert client.put(f"{SESSIONS}/s{hour}", body).status_code == 201
    return client


def test_the_pages_of_sessions_go_on_to_the_end(api: APIClient) -> None:
    page, found = api.get(SESSIONS, {"page_size": 1}).json(), []
    while True:
        found += [session["id"] for session in page["results"]]
        if page["next"] is None:
            break
        page = api.get(page["next"]).json()
    assert found == ["s2", "s1", "s0"]


def test_a_session_can_be_read_by_its_person_alone(api: APIClient) -> None:
    assert api.get(f"{SESSIONS}/s1").json()["started_at"] == "2026-03-09T01:00:00Z"
    assert problem_of(client_of(UserFactory()).get(f"{SESSIONS}/s1"), 404)


def ids(api: APIClient, **query: str) -> list[str]:
    return [session["id"] for session in api.get(SESSIONS, query).json()["results"]]


def put_session(api: APIClient, name: str, started_at: str, **fields: Any) -> Any:
    headers = fields.pop("headers", {})
    return api.put(f"{SESSIONS}/{name}", {"started_at": started_at, "seconds": 600, **fields}, headers=headers)


def test_days_of_the_query_are_the_persons_own_both_included() -> None:
    api = client_of(UserFactory(timezone="America/New_York", day_start=180))
    for name, started_at in {
        "late": "2026-03-10T06:59:59Z",  # 02:59:59 of the 10th, which is the 9th until 03:00
        "next": "2026-03-10T07:00:00Z",
        "early": "2026-03-09T06:59:59Z",
        "first": "2026-03-09T07:00:00Z",
    }.items():
        assert put_session(api, name, started_at).status_code == 201

    assert ids(api, **{"from": "2026-03-09", "to": "2026-03-09"}) == ["late", "first"]
    assert ids(api, **{"from": "2026-03-09"}) == ["next", "late", "first"]
    assert ids(api, to="2026-03-08") == ["early"]
    assert ids(api, **{"from": "0001-01-01", "to": "9999-12-31"}) == ["next", "late", "first", "early"]
    assert ids(api, to="0001-01-01") == ids(api, **{"from": "9999-12-31"}) == []


def test_sessions_are_listed_by_their_habit() -> None:
    person = UserFactory()
    api = client_of(person)
    HabitFactory(user=person, client_id="read")
    put_session(api, "of-habit", "2026-03-09T01:00:00Z", habit="read")
    put_session(api, "of-none", "2026-03-09T02:00:00Z")

    assert ids(api, habit="read") == ["of-habit"]
    assert ids(api, habit="walk") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "soon"}, "from"),
        ({"from": "2026-03-10", "to": "2026-03-09"}, "to"),
        ({"habit": "no such id!"}, "habit"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(api: APIClient, query: dict[str, str], field: str) -> None:
    assert [name for name, _ in errors_of(api.get(SESSIONS, query))] == [field]


@pytest.mark.parametrize("path", [SESSIONS, f"{SESSIONS}/s1"])
def test_what_has_not_changed_is_not_sent_again(api: APIClient, path: str) -> None:
    seen = {"If-None-Match": api.get(path)["ETag"]}

    assert api.get(path, headers=seen).status_code == 304
    put_session(api, "s1", "2026-03-09T01:00:00Z", label="deep")
    assert api.get(path, headers=seen).status_code == 200


def test_the_etag_of_an_answer_is_that_of_what_is_kept(api: APIClient) -> None:
    put = put_session(api, "s1", "2026-03-09T10:00:00.123456+09:00", label="deep")

    assert put["ETag"] == api.get(f"{SESSIONS}/s1")["ETag"]


def test_what_somebody_else_has_changed_is_left_as_it_is(api: APIClient) -> None:
    path, seen = f"{SESSIONS}/s1", {"If-Match": api.get(f"{SESSIONS}/s1")["ETag"]}
    changed = put_session(api, "s1", "2026-03-09T01:00:00Z", label="deep", headers=seen)
    assert changed.status_code == 200

    assert (
        problem_of(put_session(api, "s1", "2026-03-09T01:00:00Z", headers=seen), 412)["code"] == "precondition_failed"
    )
    assert problem_of(api.delete(path, headers=seen), 412)
    assert api.get(path).json()["label"] == "deep"
    assert api.delete(path, headers={"If-Match": changed["ETag"]}).status_code == 204


def test_what_is_gone_matches_no_etag(api: APIClient) -> None:
    seen = {"If-Match": api.get(f"{SESSIONS}/s1")["ETag"]}
    api.delete(f"{SESSIONS}/s1")

    assert problem_of(api.delete(f"{SESSIONS}/s1", headers=seen), 412)
    assert problem_of(put_session(api, "s1", "2026-03-09T01:00:00Z", headers=seen), 412)
    assert api.get(f"{SESSIONS}/s1").status_code == 404


def test_only_a_new_session_is_recorded_where_that_is_wanted(api: APIClient) -> None:
    new = {"If-None-Match": "*"}

    assert put_session(api, "s9", "2026-03-09T01:00:00Z", headers=new).status_code == 201
    assert problem_of(put_session(api, "s9", "2026-03-09T01:00:00Z", headers=new), 412)


@pytest.mark.django_db(transaction=True)
def test_of_several_that_record_a_new_session_at_once_one_does() -> None:
    person, statuses = UserFactory(), []

    def record() -> None:
        answer = put_session(client_of(person), "s9", "2026-03-09T01:00:00Z", headers={"If-None-Match": "*"})
        statuses.append(answer.status_code)

    at_once(*[record] * 4)
    assert sorted(statuses) == [201, 412, 412, 412]


@pytest.mark.parametrize(
    ("started_at", "field"), [("0001-01-01T00:00:00Z", "started_at"), ("9999-12-31T23:59:59Z", "seconds")]
)
def test_a_session_beyond_what_days_there_are_is_refused(api: APIClient, started_at: str, field: str) -> None:
    assert [name for name, _ in errors_of(put_session(api, "s9", started_at))] == [field]


def test_a_cursor_without_a_zone_is_none_of_this_list(api: APIClient) -> None:
    cursor = b64encode(b"p=2026-03-09T00:00:00").decode()

    assert problem_of(api.get(SESSIONS, {"cursor": cursor}), 404)
