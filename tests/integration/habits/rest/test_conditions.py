"""Habits over REST: ETags, If-Match, PUT, filters; and what every answer of the interface has in common."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from habits import services
from habits.models import Habit, User
from tests.factories import UserFactory
from tests.integration.habits.phones import NOW, Phone, tick
from tests.integration.habits.problems import errors_of, problem_of
from tests.threads import at_once

pytestmark = pytest.mark.django_db

HABITS = "/api/v1/habits"
RUN = f"{HABITS}/run"
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def tag(api: APIClient) -> str:
    """The ETag of a habit that has just been made."""
    return str(api.post(HABITS, {"id": "run", "name": "Run", "category": "Sport"})["ETag"])


# --- ETags -----------------------------------------------------------------------------------------------------------


def test_a_habit_that_has_not_changed_is_not_sent_again(api: APIClient, tag: str) -> None:
    again = api.get(RUN, headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)

    api.patch(RUN, {"name": "Walk"})
    assert api.get(RUN, headers={"If-None-Match": tag}).json()["name"] == "Walk"


def test_each_change_gives_the_next_tag_and_a_repetition_none(api: APIClient, tag: str) -> None:
    changed = api.patch(RUN, {"name": "Walk"})["ETag"]
    assert changed != tag
    assert api.patch(RUN, {"name": "Walk"})["ETag"] == changed
    assert api.get(RUN)["ETag"] == changed


@pytest.mark.parametrize("address", [HABITS, "/api/v1/me", f"{RUN}/completions", f"{RUN}/completions/2026-03-10"])
def test_other_answers_are_not_sent_again_either(api: APIClient, tag: str, address: str) -> None:
    api.put(f"{RUN}/completions/2026-03-10", {"value": 1})
    first = api.get(address)
    assert (first.status_code, first["Cache-Control"]) == (200, "private, no-cache")
    assert api.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 304


# --- If-Match --------------------------------------------------------------------------------------------------------

DAY = f"{RUN}/completions/2026-03-10"
ME = "/api/v1/me"
WRITES: list[tuple[str, str, Any]] = [
    ("patch", RUN, {"name": "Walk"}),
    ("put", RUN, {"name": "Walk"}),
    ("delete", RUN, None),
    ("put", DAY, {"value": 0}),
    ("delete", DAY, None),
    ("patch", ME, {"name": "Ada"}),
]


@pytest.fixture
def day(api: APIClient, tag: str) -> None:
    """A day of the habit."""
    api.put(DAY, {"value": 1})


@pytest.fixture
def tags(user: User, day: None) -> dict[str, Any]:
    """The ETags of a habit, a day of it, and a person."""
    return tags_of(user)


def tags_of(user: User, *addresses: str) -> dict[str, Any]:
    """The same as of now; None for what is gone."""
    client = APIClient()
    client.force_authenticate(User.objects.get(pk=user.pk))
    return {address: client.get(address).headers.get("ETag") for address in addresses or (RUN, DAY, ME)}


@pytest.mark.parametrize(("method", "address", "body"), WRITES)
def test_what_was_not_seen_is_not_overwritten(
    api: APIClient, user: User, tags: dict[str, Any], method: str, address: str, body: Any
) -> None:
    for header in ('"999"', 'W/"1"', '"x"', "", '"999", "998"'):
        refused = getattr(api, method)(address, body, headers={"If-Match": header})
        assert problem_of(refused, 412)["code"] == "precondition_failed", header
    assert tags_of(user) == tags


@pytest.mark.parametrize(("method", "address", "body"), WRITES)
@pytest.mark.parametrize("other", ["", ', "999"', "*"])
def test_what_was_seen_is_changed(
    api: APIClient, user: User, day: None, method: str, address: str, body: Any, other: str
) -> None:
    before = tags_of(user, address)
    header = "*" if other == "*" else before[address] + other
    assert getattr(api, method)(address, body, headers={"If-Match": header}).status_code in (200, 204)
    assert tags_of(user, address) != before


@pytest.mark.parametrize("address", [HABITS, RUN, DAY, ME])
def test_what_is_no_longer_as_it_was_seen_is_not_read_either(
    api: APIClient, tags: dict[str, Any], address: str
) -> None:
    refused = api.get(address, headers={"If-Match": '"999"'})
    assert problem_of(refused, 412)["code"] == "precondition_failed"
    assert api.get(address, headers={"If-Match": api.get(address)["ETag"]}).status_code == 200


@pytest.mark.parametrize(
    ("address", "one", "other"),
    [
        (RUN, {"name": "Walk"}, {"name": "Swim"}),
        (DAY, {"value": 0}, {"skipped": True}),
        (ME, {"name": "A"}, {"name": "B"}),
    ],
)
def test_of_two_who_saw_the_same_one_changes_it(
    api: APIClient, tags: dict[str, Any], address: str, one: Any, other: Any
) -> None:
    write = api.put if address == DAY else api.patch
    first = write(address, one, headers={"If-Match": tags[address]})
    second = write(address, other, headers={"If-Match": tags[address]})
    assert (first.status_code, second.status_code) == (200, 412)
    assert write(address, other, headers={"If-Match": first["ETag"]}).status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("address", [RUN, DAY, ME])
def test_of_two_at_the_same_moment_one_changes_it(address: str) -> None:
    user = UserFactory()
    habit, _ = services.create_habit(user=user, client_id="run", name="Run")
    services.record_completion(habit=habit, day=NOON.date(), value=1000)

    def client() -> APIClient:
        phone = APIClient(raise_request_exception=False)
        phone.force_authenticate(user)
        return phone

    def change(body: Any) -> int:
        write = client().put if address == DAY else client().patch
        return int(write(address, body, headers={"If-Match": tag}).status_code)

    tag = client().get(address)["ETag"]
    bodies: list[Any] = [{"value": 0}, {"skipped": True}] if address == DAY else [{"name": "Walk"}, {"name": "Swim"}]
    assert sorted(at_once(lambda: change(bodies[0]), lambda: change(bodies[1]))) == [200, 412]


def test_an_account_that_changed_since_it_was_seen_is_not_deleted(api: APIClient, user: User) -> None:
    user.set_password("right")
    user.save()
    refused = api.delete(ME, {"password": "right"}, headers={"If-Match": '"999"'})
    assert problem_of(refused, 412)
    assert User.objects.get().is_active
    seen = {"If-Match": api.get(ME)["ETag"]}
    assert api.delete(ME, {"password": "right"}, headers=seen).status_code == 202


def test_a_day_without_a_record_was_not_seen(api: APIClient, tags: dict[str, Any]) -> None:
    seen = {"If-Match": tags[DAY]}
    other = f"{RUN}/completions/2026-03-09"
    assert [api.put(other, {"value": 1}, headers=seen).status_code, api.delete(other, headers=seen).status_code] == [
        412
    ] * 2
    assert api.get(other).status_code == 404


def test_a_day_can_be_put_only_where_it_has_no_record(api: APIClient, tag: str) -> None:
    headers = {"If-None-Match": "*"}
    assert api.put(DAY, {"value": 1}, headers=headers).status_code == 201
    assert problem_of(api.put(DAY, {"value": 0}, headers=headers), 412)
    assert api.get(DAY).json()["value"] == 1


def test_a_day_that_a_phone_counts_on_has_another_tag(api: APIClient, user: User) -> None:
    api.put(RUN, {"name": "Run", "kind": "counted", "target_value": 5})
    seen = api.put(DAY, {"value": 2})["ETag"]
    Phone(user).push(completions=[tick("run", "2026-03-10", at=NOW, device="phone-a")])
    assert problem_of(api.put(DAY, {"value": 5}, headers={"If-Match": seen}), 412)
    assert api.get(DAY).json()["value"] == 3


def test_the_tag_of_a_person_is_another_one_on_another_day(api: APIClient) -> None:
    today = api.get(ME)
    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        assert api.get(ME, headers={"If-None-Match": today["ETag"]}).json()["today"] == "2026-03-11"


# --- PUT -------------------------------------------------------------------------------------------------------------


def test_put_makes_a_habit_and_can_be_repeated(api: APIClient) -> None:
    first, again = (api.put(RUN, {"name": "Run", "unit": "km"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json(), first["ETag"]) == (again.json(), again["ETag"])
    assert (first.json()["id"], first.json()["unit"]) == ("run", "km")


def test_put_replaces_all_but_the_place_in_the_list(api: APIClient, tag: str) -> None:
    api.patch(RUN, {"notes": "by the river", "freq_num": 3, "freq_den": 7, "position": 7.5, "archived": True})

    put = api.put(RUN, {"name": "Walk"}).json()

    assert (put["name"], put["notes"], put["freq_num"], put["freq_den"], put["category"]) == ("Walk", "", 1, 1, "")
    assert (put["archived"], put["position"]) == (False, 7.5)


def test_put_is_as_strict_as_post(api: APIClient, tag: str) -> None:
    assert [field for field, _ in errors_of(api.put(RUN, {"unit": "km"}))] == ["name"]
    body = {"name": "Run", "freq_num": 8, "freq_den": 7}
    assert [field for field, _ in errors_of(api.put(RUN, body))] == ["freq_num"]


def test_put_can_be_told_to_make_only_a_new_one(api: APIClient) -> None:
    headers = {"If-None-Match": "*"}
    assert api.put(RUN, {"name": "Run"}, headers=headers).status_code == 201
    assert problem_of(api.put(RUN, {"name": "Walk"}, headers=headers), 412)
    assert problem_of(api.put(f"{HABITS}/other", {"name": "Walk"}, headers={"If-Match": '"1"'}), 412)
    assert list(Habit.objects.values_list("name", flat=True)) == ["Run"]


def test_put_does_not_bring_a_deleted_habit_back(api: APIClient, tag: str) -> None:
    api.delete(RUN)
    assert errors_of(api.put(RUN, {"name": "Run"})) == [("id", "The habit of this id is deleted; restore it.")]


def test_put_never_touches_the_habit_of_somebody_else(api: APIClient) -> None:
    theirs, _ = services.create_habit(user=UserFactory(), client_id="run", name="Theirs")
    assert api.put(RUN, {"name": "Mine"}).status_code == 201
    theirs.refresh_from_db()
    assert theirs.name == "Theirs"


# --- Filters ---------------------------------------------------------------------------------------------------------


def listed(api: APIClient, **query: str) -> list[str]:
    return [habit["id"] for habit in api.get(HABITS, query).json()["results"]]


def test_habits_are_filtered_by_category_state_and_change(api: APIClient, user: User) -> None:
    with time_machine.travel(NOON - timedelta(days=1), tick=False):
        services.create_habit(user=user, client_id="run", name="Run", category="Sport")
    services.create_habit(user=user, client_id="read", name="Read")
    services.create_habit(user=user, client_id="swim", name="Swim", category="Sport", archived=True)

    assert listed(api) == ["run", "read", "swim"]
    assert listed(api, archived="true") == ["swim"]
    assert listed(api, archived="false") == ["run", "read"]
    assert listed(api, category="Sport") == ["run", "swim"]
    assert listed(api, category="") == ["read"]
    assert listed(api, updated_since="2026-03-10T12:00:00Z") == ["read", "swim"]
    assert listed(api, category="Sport", archived="false") == ["run"]
    assert listed(api, updated_since="2026-03-10T12:00:01Z") == []


@pytest.mark.parametrize(
    ("name", "value"), [("archived", "maybe"), ("updated_since", "yesterday"), ("category", "x" * 101)]
)
def test_a_filter_that_is_none_is_refused(api: APIClient, name: str, value: str) -> None:
    assert [field for field, _ in errors_of(api.get(HABITS, {name: value}))] == [name]


def test_the_pages_of_a_filtered_list_go_on_with_the_filter(api: APIClient, user: User) -> None:
    for number in range(4):
        services.create_habit(
            user=user, client_id=f"h{number}", name="x", category="even" if number % 2 == 0 else "odd"
        )
    first = api.get(HABITS, {"category": "even", "page_size": 1}).json()
    second = api.get(first["next"]).json()
    assert [page["results"][0]["id"] for page in (first, second)] == ["h0", "h2"]
    assert second["next"] is None


# --- One day ---------------------------------------------------------------------------------------------------------


def test_a_day_can_be_read_by_itself(api: APIClient, tag: str) -> None:
    assert problem_of(api.get(DAY), 404)
    put = api.put(DAY, {"value": 1, "note": "by the river"}).json()
    assert api.get(DAY).json() == put


# --- Every address ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [HABITS, "/api/v1/me", "/api/v1/jobs", "/api/v1/me/export", "/api/v1/me/tokens"])
def test_what_is_not_spoken_here_is_refused_by_a_problem_document(api: APIClient, address: str) -> None:
    assert problem_of(api.get(address, headers={"Accept": "text/html"}), 406)["code"] == "not_acceptable"
    assert problem_of(api.generic("BREW", address), 405)["code"] == "method_not_allowed"
