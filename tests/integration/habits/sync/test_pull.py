"""What a phone pulls: everything at first, then what is new, and everything again where its cursor means nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from habits.models import SyncDevice, SyncState, User
from habits.sync import limits
from habits.sync.pulling import NOT_DEFAULT
from tests.integration.habits.phones import NOW, PULL, Phone, busy, changes, edit, gone, habit, names, tick, values
from tests.integration.habits.problems import problem_of

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)

NOTHING: dict[str, list[Any]] = {"created": [], "updated": [], "deleted": []}


@pytest.fixture
def other(phone: Phone) -> Phone:
    """Another phone of the person, with two habits, one of which is deleted, and their days."""
    other = Phone(phone.user, "phone-b")
    other.push(habits=[habit(), habit("run")], completions=[tick(), tick("run")])
    other.push(deleted=[("habits", "run")])
    return other


# --- The first pull --------------------------------------------------------------------------------------------------


def test_a_new_account_pulls_all_tables_empty(phone: Phone) -> None:
    assert phone.pull() == {"changes": {"habits": NOTHING, "completions": NOTHING}, "timestamp": 1}


@pytest.mark.parametrize(
    "query", [{}, *({"last_pulled_at": cursor} for cursor in ("null", "", "0", "undefined", " 0 ", "000"))]
)
def test_a_first_pull_has_everything_that_is_there_and_nothing_that_is_gone(
    phone: Phone, other: Phone, query: dict[str, str]
) -> None:
    answer = phone.client.get(PULL, query).json()
    assert (names(answer), values(answer)) == ({"walk": "Walk"}, [1])
    assert {(table, name) for table, lists in answer["changes"].items() for name in lists} == {
        (table, name) for table in ("habits", "completions") for name in NOTHING
    }
    assert (gone(answer, "habits"), gone(answer), answer["timestamp"]) == ([], [], 3)
    assert "experimentalStrategy" not in answer


def test_rows_are_sent_as_updated_and_never_as_created(phone: Phone, other: Phone) -> None:
    answer = phone.pull()
    assert [lists["created"] for lists in answer["changes"].values()] == [[], []]


def test_a_pull_asks_as_much_of_the_database_for_many_rows_as_for_one(
    phone: Phone, other: Phone, django_assert_num_queries: Any
) -> None:
    other.push(habits=[habit(f"h{n}") for n in range(50)], completions=[tick(f"h{n}") for n in range(50)])
    with django_assert_num_queries(3):
        assert len(names(phone.pull())) == 51


# --- Later pulls -----------------------------------------------------------------------------------------------------


def test_a_later_pull_has_only_what_is_new(phone: Phone, other: Phone) -> None:
    phone.pull()
    other.push(habits=[habit("swim")], completions=[tick(day="2025-12-31")])
    answer = phone.pull()
    assert (names(answer), values(answer), answer["timestamp"]) == ({"swim": "Swim"}, [1], 4)


def test_a_pull_of_nothing_new_is_empty_and_leaves_the_cursor(phone: Phone, other: Phone) -> None:
    first = phone.pull()
    again = phone.pull()
    assert again == {"changes": {"habits": NOTHING, "completions": NOTHING}, "timestamp": first["timestamp"]}


def test_a_pull_whose_answer_was_lost_is_repeated_with_the_same_answer(phone: Phone, other: Phone) -> None:
    phone.pull()
    other.push(habits=[habit("swim")])
    lost = phone.fetch().json()
    assert phone.fetch().json() == lost


def test_a_phone_pulls_its_own_edits_that_still_wait(phone: Phone) -> None:
    phone.pull()
    waiting = changes(habits=[habit()], completions=[tick()])
    assert phone.send(waiting, Prefer="respond-async").status_code == 202
    answer = phone.pull()
    assert (names(answer), values(answer), answer["timestamp"]) == ({"walk": "Walk"}, [1], 2)


def test_the_version_of_a_push_is_no_cursor_for_what_came_between(phone: Phone, other: Phone) -> None:
    phone.pull()
    other.push(habits=[habit("swim")])
    phone.push(habits=[habit("jog")])
    assert sorted(names(phone.pull())) == ["jog", "swim"]


@committed
def test_a_pull_does_not_go_past_edits_that_wait_for_another_merge(
    phone: Phone, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert timedelta(seconds=2) == limits.PULL_PATIENCE
    monkeypatch.setattr("habits.sync.pulling.PULL_PATIENCE", timedelta(milliseconds=20))
    phone.send(changes(habits=[habit()]), Prefer="respond-async")
    with busy(user):
        response = phone.fetch()
        assert problem_of(response, 503)["code"] == "busy"
        assert response["Retry-After"] == "1"
    assert names(phone.pull()) == {"walk": "Walk"}


@committed
def test_a_pull_waits_for_no_merge_where_nothing_waits(phone: Phone, other: Phone, user: User) -> None:
    with busy(user):
        assert names(phone.pull()) == {"walk": "Walk"}


# --- Cursors that mean nothing ---------------------------------------------------------------------------------------


def test_a_cursor_from_the_future_brings_everything_in_place_of_what_the_phone_has(phone: Phone, other: Phone) -> None:
    phone.cursor = 99
    answer = phone.pull()
    assert answer["experimentalStrategy"] == "replacement"
    assert (names(answer), values(answer), answer["timestamp"]) == ({"walk": "Walk"}, [1], 3)
    assert (gone(answer), gone(answer, "habits")) == ([], [])
    assert "experimentalStrategy" not in phone.pull()


def test_a_cursor_from_before_deletions_that_are_forgotten_brings_everything(phone: Phone, other: Phone) -> None:
    phone.pull()
    SyncState.objects.update(horizon=4)
    other.push(habits=[habit("swim")])
    answer = phone.pull()
    assert (answer["experimentalStrategy"], sorted(names(answer))) == ("replacement", ["swim", "walk"])
    assert "experimentalStrategy" not in phone.pull()


def test_a_cursor_at_the_horizon_is_good(phone: Phone, other: Phone) -> None:
    cursor = phone.pull()["timestamp"]
    SyncState.objects.update(horizon=cursor)
    assert "experimentalStrategy" not in phone.pull()


def test_a_cursor_that_a_restored_database_never_gave_brings_everything(phone: Phone, other: Phone) -> None:
    other.push(habits=[habit("swim")])
    phone.pull()
    SyncState.objects.update(version=3)
    SyncDevice.objects.filter(device=phone.device).update(issued=3)
    for name in ("h1", "h2", "h3"):
        other.push(habits=[habit(name)])
    answer = phone.pull()
    assert answer["experimentalStrategy"] == "replacement"
    assert sorted(names(answer)) == ["h1", "h2", "h3", "swim", "walk"]


def test_a_first_pull_of_a_phone_is_no_replacement(phone: Phone, other: Phone) -> None:
    SyncState.objects.update(horizon=2)
    assert "experimentalStrategy" not in phone.pull()


# --- Phones whose schema is new --------------------------------------------------------------------------------------

OTHER_VALUES: dict[str, dict[str, Any]] = {
    "habits": {
        **dict.fromkeys(("question", "notes", "category", "unit"), "text"),
        "color": "#123456",
        "kind": "counted",
        "freq_num": 2,
        "freq_den": 9,
        "weekdays": 1,
        "target_type": "at_most",
        "target_value": 0.5,
        "reminder_time": "07:30",
        "reminder_weekdays": 1,
        "position": 2,
        "archived": True,
    },
    "completions": {
        "note": "Rain",
        "skipped": True,
        "value": 0,
        "recorded_at": NOW,
        "zone": "UTC",
        "device": "phone-b",
    },
}


@pytest.fixture
def current(phone: Phone) -> Phone:
    """A phone that has pulled all there is: rows in which each column in turn is not as in a new row."""
    more = {"freq_num": {"freq_den": 9}}
    habits = [habit(name, **more.get(name, {}), **{name: value}) for name, value in OTHER_VALUES["habits"].items()]
    days = OTHER_VALUES["completions"].items()
    phone.push(
        habits=habits + [habit(f"of-{name}") for name, _ in days],
        completions=[tick(f"of-{name}", **{"value": None, name: value}) for name, value in days],
    )
    phone.pull()
    return phone


def migration(*, tables: Any = (), columns: Any = ()) -> str:
    named = [{"table": table, "columns": names} for table, names in columns]
    return json.dumps({"from": 1, "tables": list(tables), "columns": named})


def test_the_test_has_a_value_for_every_column_that_may_be_new() -> None:
    assert {table: set(columns) for table, columns in OTHER_VALUES.items()} == {
        table: set(columns) for table, columns in NOT_DEFAULT.items()
    }


def test_a_new_column_brings_the_rows_in_which_it_says_something(current: Phone) -> None:
    for table, column in [(each, name) for each, columns in OTHER_VALUES.items() for name in columns]:
        answer = current.pull(migration=migration(columns=[(table, [column])]))
        rows = answer["changes"][table]["updated"]
        of = {row["id"] if table == "habits" else row["habit_id"].removeprefix("of-") for row in rows}
        assert of == ({"freq_num", "freq_den"} if column == "freq_den" else {column}), (table, column)
        (untouched,) = {"habits", "completions"} - {table}
        assert answer["changes"][untouched] == NOTHING, (table, column)


def test_a_new_table_brings_all_its_rows(current: Phone) -> None:
    for tables, count in ((["habits"], (21, 0)), (["completions"], (0, 6)), (["habits", "completions"], (21, 6))):
        answer = current.pull(migration=migration(tables=tables))
        assert tuple(len(lists["updated"]) for lists in answer["changes"].values()) == count
        assert "experimentalStrategy" not in answer


FOREIGN = [
    migration(tables=["auth_user", "habits_habit", ""]),
    migration(columns=[("habits", ["user_id", "name", "1=1) OR (1=1", ""]), ("users", ["note"]), ("", [])]),
    migration(columns=[("completions", ["note <> '' OR TRUE", "habit_id"])]),
    migration(),
    "null",
    "undefined",
    "",
]


def test_tables_and_columns_that_are_not_synced_bring_nothing(current: Phone) -> None:
    for text in FOREIGN:
        assert current.pull(migration=text)["changes"] == {"habits": NOTHING, "completions": NOTHING}, text


@pytest.mark.parametrize(
    "text", ["{", "[]", "7", '"habits"', '{"tables": "habits"}', '{"columns": [{"table": "habits"}]}']
)
def test_a_migration_that_is_none_is_refused(phone: Phone, text: str) -> None:
    response = phone.client.get(PULL, {"last_pulled_at": 1, "migration": text})
    assert problem_of(response, 400)["code"] == "shape"


def test_a_row_that_is_new_and_of_a_new_column_comes_once(current: Phone) -> None:
    Phone(current.user, "phone-b").push(habits=[edit(habit("notes"), NOW + 1, notes="More")])
    answer = current.pull(migration=migration(columns=[("habits", ["notes", "notes"])]))
    assert [row["notes"] for row in answer["changes"]["habits"]["updated"]] == ["More"]
