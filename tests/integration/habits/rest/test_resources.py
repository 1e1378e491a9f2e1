"""Habits, days and a person's settings over REST."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from rest_framework.test import APIClient

from habits.models import Completion, Habit, User
from tests.factories import CompletionFactory, HabitFactory
from tests.integration.habits.problems import errors_of, problem_of

pytestmark = pytest.mark.django_db

HABITS = "/api/v1/habits"


# --- Habits ----------------------------------------------------------------------------------------------------------


def test_a_habit_is_given_back_as_it_was_made(api: APIClient) -> None:
    body = {
        "id": "5b7d6c1e-run",
        "name": "Run",
        "question": "Did you run?",
        "notes": "by the river",
        "category": "Sport",
        "color": "#00aaff",
        "kind": "measured",
        "freq_num": 3,
        "freq_den": 7,
        "weekdays": 31,
        "target_type": "at_least",
        "target_value": 2.5,
        "unit": "km",
        "reminder_time": "18:30:00",
        "reminder_weekdays": 31,
        "position": 4.0,
        "archived": False,
    }

    made = api.post(HABITS, body)

    assert made.status_code == 201
    assert {name: made.json()[name] for name in body} == body
    assert api.get(f"{HABITS}/5b7d6c1e-run").json() == made.json()


def test_a_name_is_all_that_a_habit_needs(api: APIClient) -> None:
    habit = api.post(HABITS, {"name": "Run"}).json()

    assert (habit["kind"], habit["freq_num"], habit["freq_den"], habit["weekdays"]) == ("yes_no", 1, 1, 127)
    assert len(habit["id"]) == 36


def test_making_a_habit_again_after_a_lost_answer_changes_nothing(api: APIClient) -> None:
    first = api.post(HABITS, {"id": "run", "name": "Run"})
    again = api.post(HABITS, {"id": "run", "name": "Run"})

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert Habit.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, [("name", "This field is required.")]),
        ({"name": " "}, [("name", "This field may not be blank.")]),
        ({"name": "x" * 201}, [("name", "Ensure this field has no more than 200 characters.")]),
        ({"name": "a\0b"}, [("name", "Null characters are not allowed.")]),
        ({"name": "Run", "id": "a/b"}, [("id", "An id has 1 to 64 letters, digits or any of _ . -")]),
        ({"name": "Run", "id": "x" * 65}, [("id", "An id has 1 to 64 letters, digits or any of _ . -")]),
        ({"name": "Run", "color": "blue"}, [("color", "A colour is written as #rrggbb.")]),
        ({"name": "Run", "kind": "daily"}, [("kind", '"daily" is not a valid choice.')]),
        ({"name": "Run", "weekdays": 0}, [("weekdays", "Ensure this value is greater than or equal to 1.")]),
        ({"name": "Run", "weekdays": 128}, [("weekdays", "Ensure this value is less than or equal to 127.")]),
        ({"name": "Run", "freq_num": 0}, [("freq_num", "Ensure this value is greater than or equal to 1.")]),
        (
            {"name": "Run", "freq_num": 8, "freq_den": 7},
            [("freq_num", "A day counts once, so 8 times do not fit into 7 days.")],
        ),
        ({"name": "Run", "freq_den": 400}, [("freq_den", "A period has at most 366 days.")]),
        ({"name": "Run", "kind": "measured"}, [("target_value", "An amount to be reached is above 0.")]),
        ({"name": "Run", "reminder_time": "25:00"}, None),
        ([{"name": "Run"}], [("", "Invalid data. Expected a dictionary, but got list.")]),
    ],
)
def test_a_habit_that_makes_no_sense_is_refused_with_the_reason(
    api: APIClient, body: Any, errors: list[tuple[str, str]] | None
) -> None:
    response = api.post(HABITS, body)

    if errors is None:
        assert len(errors_of(response)) == 1
    else:
        assert errors_of(response) == errors
    assert not Habit.objects.exists()


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1e13", "NaN", "Infinity"])
def test_numbers_that_nothing_can_hold_are_refused(api: APIClient, number: str) -> None:
    body = f'{{"name": "Run", "position": {number}}}'

    response = api.post(HABITS, body, content_type="application/json")

    assert problem_of(response, 400)["code"] in {"invalid", "parse_error"}


def test_habits_are_listed_in_their_order_with_one_query(
    api: APIClient, user: User, django_assert_num_queries: Any
) -> None:
    for n in range(20):
        HabitFactory(user=user, client_id=f"h{n}", position=-n)
    HabitFactory()

    with django_assert_num_queries(1):
        listed = api.get(HABITS).json()

    assert [habit["id"] for habit in listed["results"]] == [f"h{n}" for n in reversed(range(20))]
    assert listed["next"] is None


def test_pages_of_habits_neither_skip_nor_repeat(api: APIClient, user: User) -> None:
    for n in range(7):
        HabitFactory(user=user, client_id=f"h{n}", position=n // 4)

    seen, address = [], f"{HABITS}?page_size=2"
    while address:
        page = api.get(address).json()
        seen.append([habit["id"] for habit in page["results"]])
        address = page["next"]

    assert seen == [["h0", "h1"], ["h2", "h3"], ["h4", "h5"], ["h6"]]


@pytest.mark.parametrize("cursor", ["bm9uc2Vuc2U=", "cD1ub25zZW5zZQ==", "%00", "cD0="])
def test_a_cursor_of_another_making_is_refused(api: APIClient, cursor: str) -> None:
    habit = HabitFactory(user=api.handler._force_user)

    for address in (f"{HABITS}?cursor={cursor}", f"{HABITS}/{habit.client_id}/completions?cursor={cursor}"):
        assert api.get(address).status_code in {200, 404}
    assert problem_of(api.get(f"{HABITS}?cursor=cD1ub25zZW5zZQ=="), 404)["detail"] == "Invalid cursor"


def test_a_habit_is_changed_in_part(api: APIClient, user: User) -> None:
    HabitFactory(user=user, client_id="run", name="Run", unit="km")

    response = api.patch(f"{HABITS}/run", {"name": "Run far", "archived": True, "id": "other"})

    assert response.status_code == 200
    habit = api.get(f"{HABITS}/run").json()
    assert (habit["id"], habit["name"], habit["unit"], habit["archived"]) == ("run", "Run far", "km", True)


def test_a_change_is_checked_against_what_the_habit_has(api: APIClient, user: User) -> None:
    HabitFactory(user=user, client_id="run", freq_num=3, freq_den=7)

    response = api.patch(f"{HABITS}/run", {"freq_den": 2})

    assert errors_of(response) == [("freq_num", "A day counts once, so 3 times do not fit into 2 days.")]


def test_a_deleted_habit_is_gone_until_it_is_restored(api: APIClient, user: User) -> None:
    CompletionFactory(habit__user=user, habit__client_id="run", day=date(2026, 3, 10))
    before = api.get(f"{HABITS}/run").json()

    assert api.delete(f"{HABITS}/run").status_code == 204

    problem_of(api.get(f"{HABITS}/run"), 404)
    problem_of(api.delete(f"{HABITS}/run"), 404)
    problem_of(api.get(f"{HABITS}/run/completions"), 404)
    problem_of(api.get(f"{HABITS}/run/stats"), 404)
    assert api.get(HABITS).json()["results"] == []

    restored = api.post(f"{HABITS}/run/restore")

    assert restored.status_code == 200
    assert api.get(f"{HABITS}/run").json() == restored.json()
    assert {**restored.json(), "updated_at": ""} == {**before, "updated_at": ""}
    days = api.get(f"{HABITS}/run/completions").json()["results"]
    assert [(record["day"], record["value"]) for record in days] == [("2026-03-10", 1)]


def test_the_id_of_a_deleted_habit_is_not_given_to_another(api: APIClient) -> None:
    api.post(HABITS, {"id": "run", "name": "Run"})
    api.delete(f"{HABITS}/run")

    response = api.post(HABITS, {"id": "run", "name": "Read"})

    assert problem_of(response, 400)["errors"] == [
        {"field": "id", "code": "deleted", "detail": "The habit of this id is deleted; restore it."}
    ]


# --- Days ------------------------------------------------------------------------------------------------------------


def test_a_tick_can_be_sent_twice_and_taken_back_twice(api: APIClient, user: User) -> None:
    HabitFactory(user=user, client_id="run")
    address = f"{HABITS}/run/completions/2026-03-10"

    first, again = api.put(address, {"value": 1}), api.put(address, {"value": 1})

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert {name: first.json()[name] for name in ("day", "value", "skipped", "note", "source")} == {
        "day": "2026-03-10",
        "value": 1,
        "skipped": False,
        "note": "",
        "source": "app",
    }
    assert [api.delete(address).status_code, api.delete(address).status_code] == [204, 204]
    assert api.get(f"{HABITS}/run/completions").json()["results"] == []
    assert api.put(address, {"value": 1}).status_code == 201


def test_a_put_replaces_the_whole_record(api: APIClient, user: User) -> None:
    habit = HabitFactory(user=user, client_id="run")
    CompletionFactory(habit=habit, day=date(2026, 3, 10), value=1000, note="slowly")

    api.put(f"{HABITS}/run/completions/2026-03-10", {"skipped": True})

    assert Completion.objects.values("value", "skipped", "note").get() == {"value": None, "skipped": True, "note": ""}


@pytest.mark.parametrize(
    ("sent", "stored", "given"), [(2.5, 2500, 2.5), (0.001, 1, 0.001), (3, 3000, 3), (3.0, 3000, 3), (0, 0, 0)]
)
def test_amounts_are_kept_in_thousandths(api: APIClient, user: User, sent: float, stored: int, given: float) -> None:
    HabitFactory(user=user, client_id="run", kind="measured", target_value=5)

    response = api.put(f"{HABITS}/run/completions/2026-03-10", {"value": sent})

    assert Completion.objects.get().value == stored
    assert response.json()["value"] == given


@pytest.mark.parametrize(
    ("kind", "body", "error"),
    [
        ("measured", {"value": 0.0001}, ("value", "An amount has at most three decimals.")),
        ("measured", {"value": -1}, ("value", "An amount is from 0 to 1e+12.")),
        ("measured", {"value": "5"}, ("value", "A number is required, such as 1 or 2.5.")),
        ("measured", {"value": True}, ("value", "A number is required, such as 1 or 2.5.")),
        ("yes_no", {"value": 2}, ("value", "A yes-or-no habit has the value 1 for done or 0 for not done.")),
        ("counted", {"value": 1.5}, ("value", "A number of times is a whole number.")),
        ("yes_no", {"value": 1, "skipped": True}, ("value", "A skipped day has no value.")),
        ("yes_no", {}, ("", "A record has a value, is skipped, or has a note; delete it to forget the day.")),
    ],
)
def test_a_record_that_makes_no_sense_is_refused_with_the_reason(
    api: APIClient, user: User, kind: str, body: dict[str, Any], error: tuple[str, str]
) -> None:
    HabitFactory(user=user, client_id="run", kind=kind)

    assert errors_of(api.put(f"{HABITS}/run/completions/2026-03-10", body)) == [error]


def test_a_day_too_far_ahead_is_refused(api: APIClient, user: User) -> None:
    HabitFactory(user=user, client_id="run")

    response = api.put(f"{HABITS}/run/completions/2026-03-12", {"value": 1})

    assert errors_of(response) == [("day", "Days from 1970-01-01 to 2026-03-11 can be recorded, not 2026-03-12.")]


@pytest.mark.parametrize("day", ["2026-02-30", "20260310", "today", "2026-03-10T00:00"])
def test_a_day_that_does_not_exist_has_no_address(api: APIClient, user: User, day: str) -> None:
    HabitFactory(user=user, client_id="run")

    problem = problem_of(api.put(f"{HABITS}/run/completions/{day}", {"value": 1}), 404)

    assert problem["detail"] == "There is nothing at this address."


def test_days_are_listed_within_a_range_newest_first(
    api: APIClient, user: User, django_assert_num_queries: Any
) -> None:
    habit = HabitFactory(user=user, client_id="run")
    for day in range(1, 10):
        CompletionFactory(habit=habit, day=date(2026, 3, day))

    with django_assert_num_queries(2):  # habit, days
        page = api.get(f"{HABITS}/run/completions?from=2026-03-03&to=2026-03-05").json()

    assert [record["day"] for record in page["results"]] == ["2026-03-05", "2026-03-04", "2026-03-03"]


def test_pages_of_days_can_be_followed_to_the_end_and_back(api: APIClient, user: User) -> None:
    habit = HabitFactory(user=user, client_id="run")
    for day in range(1, 6):
        CompletionFactory(habit=habit, day=date(2026, 3, day))

    first = api.get(f"{HABITS}/run/completions?page_size=2").json()
    second = api.get(first["next"]).json()
    third = api.get(second["next"]).json()

    days = [[record["day"][-1] for record in page["results"]] for page in (first, second, third)]
    assert days == [["5", "4"], ["3", "2"], ["1"]]
    assert third["next"] is None
    assert api.get(third["previous"]).json()["results"] == second["results"]


@pytest.mark.parametrize(
    ("query", "field"), [("from=soon", "from"), ("to=2026-13-01", "to"), ("from=2026-03-02&to=2026-03-01", "to")]
)
def test_a_range_that_makes_no_sense_is_refused(api: APIClient, user: User, query: str, field: str) -> None:
    HabitFactory(user=user, client_id="run")

    assert [name for name, _ in errors_of(api.get(f"{HABITS}/run/completions?{query}"))] == [field]


# --- The person ------------------------------------------------------------------------------------------------------


def test_the_profile_tells_the_persons_own_day(api: APIClient) -> None:
    changed = api.patch("/api/v1/me", {"timezone": "Pacific/Kiritimati", "day_start": 180, "locale": "en-US"})

    assert changed.status_code == 200
    api.force_authenticate(User.objects.get())
    assert api.get("/api/v1/me").json() == changed.json()
    assert {name: changed.json()[name] for name in ("timezone", "day_start", "week_start", "today")} == {
        "timezone": "Pacific/Kiritimati",
        "day_start": 180,
        "week_start": 6,
        "today": "2026-03-10",  # 02:00 of the 11th there
    }


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"timezone": "Berlin"}, ("timezone", "“Berlin” is not an IANA time zone such as Europe/Berlin.")),
        ({"timezone": "+02:00"}, ("timezone", "“+02:00” is not an IANA time zone such as Europe/Berlin.")),
        ({"day_start": 361}, ("day_start", "Ensure this value is less than or equal to 360.")),
        ({"week_start": 7}, ("week_start", "Ensure this value is less than or equal to 6.")),
    ],
)
def test_settings_that_make_no_sense_are_refused(api: APIClient, body: dict[str, Any], error: tuple[str, str]) -> None:
    assert errors_of(api.patch("/api/v1/me", body)) == [error]


def test_the_address_cannot_be_changed_here(api: APIClient, user: User) -> None:
    api.patch("/api/v1/me", {"email": "other@example.com", "is_staff": True})

    user.refresh_from_db()
    assert (user.email.startswith("person"), user.is_staff) == (True, False)
