"""Who gets what over REST, how errors are told, and the schema."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from focusjobs import settings as production
from habits import services
from habits.models import Habit, User
from tests.factories import CompletionFactory, HabitFactory
from tests.integration.habits.problems import problem_of

pytestmark = pytest.mark.django_db

HABITS = "/api/v1/habits"


# --- Whose is it -----------------------------------------------------------------------------------------------------

OBJECTS = [
    ("habit", {}, "get", None),
    ("habit", {}, "patch", {"name": "Mine now"}),
    ("habit", {}, "delete", None),
    ("habit_restore", {}, "post", None),
    ("completions", {}, "get", None),
    ("completion", {"day": date(2026, 3, 9)}, "get", None),
    ("completion", {"day": date(2026, 3, 9)}, "put", {"value": 0}),
    ("completion", {"day": date(2026, 3, 9)}, "delete", None),
    ("habit_statistics", {}, "get", None),
]


@pytest.fixture
def theirs() -> Habit:
    return CompletionFactory(day=date(2026, 3, 9), habit__name="Theirs").habit


@pytest.mark.parametrize(("name", "keys", "method", "body"), OBJECTS)
def test_what_belongs_to_somebody_else_does_not_exist(
    api: APIClient, theirs: Habit, name: str, keys: dict[str, Any], method: str, body: Any
) -> None:
    response = getattr(api, method)(reverse(name, kwargs={"client_id": theirs.client_id, **keys}), body)
    unknown = getattr(api, method)(reverse(name, kwargs={"client_id": "unknown", **keys}), body)

    assert problem_of(response, 404) == problem_of(unknown, 404)
    theirs.refresh_from_db()
    assert (theirs.name, theirs.completions.get().value) == ("Theirs", 1000)


@pytest.mark.parametrize(
    ("name", "keys", "method", "body"),
    [
        *OBJECTS,
        ("habits", None, "get", None),
        ("habits", None, "post", {"name": "Run"}),
        ("habit", {}, "put", {"name": "Run"}),
        ("profile", None, "get", None),
        ("profile", None, "delete", {}),
        ("export", None, "get", None),
        ("export", None, "post", None),
        ("export", None, "delete", None),
        ("export_file", None, "get", None),
        ("imports", None, "get", None),
        ("tokens", None, "get", None),
        ("tokens", None, "post", {}),
        ("sync_push", None, "post", {}),
        ("sync_pull", None, "get", None),
    ],
)
def test_nobody_gets_anything_without_logging_in(
    theirs: Habit, name: str, keys: dict[str, Any] | None, method: str, body: Any
) -> None:
    address = reverse(name, kwargs=None if keys is None else {"client_id": theirs.client_id, **keys})

    for headers in ({}, {"X-Session-Token": "made-up"}):
        response = getattr(APIClient(headers=headers), method)(address, body)
        assert problem_of(response, 401)["code"] == "not_authenticated"


def test_every_address_of_a_habit_is_in_the_table_of_owners() -> None:
    from analytics.urls import urlpatterns as analytics
    from habits.urls import urlpatterns as habits

    names = {pattern.name for pattern in [*analytics, *habits] if "habits/<client_id" in str(pattern.pattern)}
    assert names == {name for name, *_ in OBJECTS}


# --- Errors and the schema -------------------------------------------------------------------------------------------


def test_an_address_that_does_not_exist_is_a_problem_document(api: APIClient) -> None:
    assert problem_of(api.get("/api/v1/nothing"), 404) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "code": "not_found",
        "detail": "There is nothing at this address.",
    }


def test_a_method_that_is_not_there_is_a_problem_document(api: APIClient) -> None:
    response = api.post("/api/v1/me", {})

    assert problem_of(response, 405)["code"] == "method_not_allowed"
    assert response["Allow"] == "GET, PATCH, DELETE, HEAD, OPTIONS"


def test_a_form_in_place_of_json_is_a_problem_document(api: APIClient) -> None:
    response = api.post(HABITS, "name=Run", content_type="application/x-www-form-urlencoded")

    assert problem_of(response, 415)["code"] == "unsupported_media_type"


def test_broken_json_is_a_problem_document(api: APIClient) -> None:
    assert problem_of(api.post(HABITS, "{", content_type="application/json"), 400)["code"] == "parse_error"


def test_a_programming_error_is_a_problem_document_without_its_secrets(
    api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr("habits.services.create_habit", fail)

    problem = problem_of(api.post(HABITS, {"name": "Run"}), 500)

    assert problem["detail"] == "Something went wrong here; trying again later may help."


def test_a_habit_deleted_meanwhile_is_not_found(api: APIClient, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    habit = HabitFactory(user=user, client_id="run")
    monkeypatch.setattr("habits.views.OwnHabitView.habit", lambda *_: habit)
    services.delete_habit(habit=habit)

    problem_of(api.put(f"{HABITS}/run/completions/2026-03-10", {"value": 1}), 404)


def test_too_many_requests_are_told_when_to_come_back(
    api: APIClient, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "limit"}}
    monkeypatch.setattr(
        "rest_framework.throttling.UserRateThrottle.THROTTLE_RATES", {"user": "2/minute", "anon": "2/minute"}
    )

    responses = [api.get("/api/v1/me") for _ in range(3)]

    assert [response.status_code for response in responses] == [200, 200, 429]
    assert problem_of(responses[2], 429)["code"] == "throttled"
    assert responses[2]["Retry-After"] == "60"


AUTH = "/api/v1/auth/app/v1"
LIMITED: dict[str, tuple[Any, int, int]] = {
    "/api/v1/sync/push": ({}, 60, 60),
    "/api/v1/me/export": (None, 20, 3600),
    f"{AUTH}/auth/signup": ({}, 20, 60),
    f"{AUTH}/auth/login": ({}, 30, 60),
    f"{AUTH}/auth/password/request": ({"email": "ada@example.com"}, 5, 60),
    f"{AUTH}/auth/password/reset": ({}, 20, 60),
}
"""What is limited more than the rest: a body, how many requests are allowed, and in how many seconds."""


@pytest.mark.parametrize("address", LIMITED)
def test_what_is_asked_for_too_often_is_told_when_to_come_back(
    api: APIClient, address: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": address}}
    rates = production.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]
    monkeypatch.setattr("rest_framework.throttling.SimpleRateThrottle.THROTTLE_RATES", rates)
    body, allowed, seconds = LIMITED[address]
    client = Client(raise_request_exception=False) if address.startswith(AUTH) else api

    *answers, refused = [
        client.post(address, body, content_type="application/json", headers={"X-Device-Id": "phone-a"})
        for _ in range(allowed + 1)
    ]

    assert {answer.status_code for answer in answers} <= {200, 202, 400}
    assert problem_of(refused, 429)["code"] == "throttled"
    assert int(refused["Retry-After"]) == seconds


def test_the_schema_is_made_without_a_warning(tmp_path: Any) -> None:
    target = tmp_path / "schema.json"

    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", "--file", str(target))

    schema = json.loads(target.read_text())
    found = {(path, method) for path, operations in schema["paths"].items() for method in operations}
    ours = {
        (path, method)
        for path, method in found
        if path.startswith(("/api/v1/me", "/api/v1/habits", "/api/v1/sync", "/api/v1/jobs"))
    }
    assert ours == {
        ("/api/v1/me", "get"),
        ("/api/v1/me", "patch"),
        ("/api/v1/me", "delete"),
        ("/api/v1/me/export", "get"),
        ("/api/v1/me/export", "post"),
        ("/api/v1/me/export", "delete"),
        ("/api/v1/me/export/file", "get"),
        ("/api/v1/me/tokens", "get"),
        ("/api/v1/me/tokens", "post"),
        ("/api/v1/me/tokens/{number}", "delete"),
        ("/api/v1/habits", "get"),
        ("/api/v1/habits", "post"),
        ("/api/v1/habits/{client_id}", "get"),
        ("/api/v1/habits/{client_id}", "put"),
        ("/api/v1/habits/{client_id}", "patch"),
        ("/api/v1/habits/{client_id}", "delete"),
        ("/api/v1/habits/{client_id}/restore", "post"),
        ("/api/v1/habits/{client_id}/completions", "get"),
        ("/api/v1/habits/{client_id}/completions/{day}", "get"),
        ("/api/v1/habits/{client_id}/completions/{day}", "put"),
        ("/api/v1/habits/{client_id}/completions/{day}", "delete"),
        ("/api/v1/habits/{client_id}/stats", "get"),
        ("/api/v1/jobs", "get"),
        ("/api/v1/jobs/{number}", "get"),
        ("/api/v1/jobs/{number}/cancel", "post"),
        ("/api/v1/sync/push", "post"),
        ("/api/v1/sync/pull", "get"),
        ("/api/v1/sync/pushes/{key}", "get"),
    }
    answers = [
        answer for path in schema["paths"].values() for op in path.values() for answer in op["responses"].items()
    ]
    problems = {answer["$ref"].rpartition("/")[2] for status, answer in answers if int(status) >= 400}
    assert problems == set(schema["components"]["responses"])
    assert {"NOT_FOUND", "PRECONDITION_FAILED", "TOO_MANY_REQUESTS"} <= problems


def test_the_schema_is_served_to_everybody() -> None:
    response = APIClient().get("/api/schema")

    assert response.status_code == 200
    assert response.json()["info"]["title"] == "Focusjobs"
