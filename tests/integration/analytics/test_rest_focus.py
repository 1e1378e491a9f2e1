"""Focus sessions over REST, one by one and in pages."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from tests.factories import UserFactory
from tests.integration.habits.problems import problem_of

pytestmark = pytest.mark.django_db

SESSIONS = "/api/v1/focus-sessions"


@pytest.fixture
def api() -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(UserFactory())
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
    stranger = APIClient(raise_request_exception=False)
    stranger.force_authenticate(UserFactory())
    assert problem_of(stranger.get(f"{SESSIONS}/s1"), 404)
