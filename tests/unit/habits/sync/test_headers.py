"""What a phone says beside the body of its request."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from habits.sync.headers import cursor_of, device_of, migration_of, wait_of
from habits.sync.problems import BadShape

MILLISECOND = timedelta(milliseconds=1)


def request(query: dict[str, str] | None = None, **headers: str) -> Any:
    names = {name.replace("_", "-"): text for name, text in headers.items()}
    return SimpleNamespace(headers=names, query_params=query or {})


@pytest.mark.parametrize(
    ("prefer", "wait"),
    [
        (None, timedelta(seconds=10)),
        ("", timedelta(seconds=10)),
        ("wait=3", timedelta(seconds=3)),
        ("WAIT=3", timedelta(seconds=3)),
        ("handling=lenient, wait=3", timedelta(seconds=3)),
        ("wait=0", MILLISECOND),
        ("wait=10", timedelta(seconds=10)),
        ("wait=11", timedelta(seconds=10)),
        ("wait=999999", timedelta(seconds=10)),
        ("wait=9999999999999", timedelta(seconds=10)),
        ("wait=-1", timedelta(seconds=10)),
        ("wait=٣", timedelta(seconds=10)),
        ("await=3", timedelta(seconds=10)),
        ("respond-async", None),
        ("Respond-Async", None),
        ("respond-async, wait=5", None),
        ("return=minimal; respond-async", None),
    ],
)
def test_a_phone_waits_as_long_as_it_prefers_and_ten_seconds_at_most(
    prefer: str | None, wait: timedelta | None
) -> None:
    assert wait_of(request(**({} if prefer is None else {"Prefer": prefer}))) == wait


@given(st.text(max_size=40))
def test_no_wait_is_longer_than_ten_seconds_and_none_is_for_ever(prefer: str) -> None:
    wait = wait_of(request(Prefer=prefer))
    assert wait is None or MILLISECOND <= wait <= timedelta(seconds=10)


@pytest.mark.parametrize("device", ["phone-a", "x", "x" * 64, "A.b_c-9", "Server", "servers"])
def test_a_device_has_an_identifier_of_its_own(device: str) -> None:
    assert device_of(request(X_Device_Id=device), required=True) == device
    assert device_of(request(X_Device_Id=device), required=False) == device


@pytest.mark.parametrize("device", ["server", "x" * 65, "a b", "a/b", "a\n", "é", "%00", " "])
@pytest.mark.parametrize("required", [True, False])
def test_what_is_no_devices_identifier_is_refused(device: str, required: bool) -> None:
    with pytest.raises(BadShape, match="X-Device-Id"):
        device_of(request(X_Device_Id=device), required=required)


def test_a_device_need_not_say_its_name_where_that_is_not_required() -> None:
    assert device_of(request(), required=False) == ""
    with pytest.raises(BadShape, match="X-Device-Id"):
        device_of(request(), required=True)


@pytest.mark.parametrize(
    ("text", "cursor"),
    [
        *((text, 0) for text in ("", "null", "undefined", "0", " ", "000")),
        *((str(cursor), cursor) for cursor in (1, 17, 10**17, 10**18 - 1)),
        (" 17 ", 17),
    ],
)
def test_a_cursor_is_a_version_or_says_that_there_is_none(text: str, cursor: int) -> None:
    assert cursor_of(request({"last_pulled_at": text})) == cursor


def test_a_cursor_that_is_absent_is_none() -> None:
    assert cursor_of(request()) == 0


@pytest.mark.parametrize("text", ["-1", "+1", "1.0", "1e3", "0x1", "1_000", "1 000", "٣", "NaN", "9" * 19, "\0", "nil"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(BadShape, match="last_pulled_at"):
        cursor_of(request({"last_pulled_at": text}))


def test_of_a_migration_only_tables_and_columns_that_are_synced_count() -> None:
    text = json.dumps(
        {
            "from": 1,
            "tables": ["habits", "users"],
            "columns": [{"table": "completions", "columns": ["note"]}, {"table": "users", "columns": ["password"]}],
        }
    )
    migration = migration_of(request({"migration": text}))
    assert migration is not None
    assert migration.condition("habits") == " OR TRUE"
    assert migration.condition("completions") == " OR c.note <> ''"


@given(st.text(max_size=30))
def test_no_text_of_a_phone_gets_into_a_statement(column: str) -> None:
    text = json.dumps({"columns": [{"table": "habits", "columns": [column]}]})
    migration = migration_of(request({"migration": text}))
    assert migration is not None
    assert migration.condition("habits") in ("", f" OR h.{column} <> ''")


@pytest.mark.parametrize("text", ["", "null", "undefined", " "])
def test_a_phone_whose_schema_is_as_it_was_sends_no_migration(text: str) -> None:
    assert migration_of(request({"migration": text})) is None


@pytest.mark.parametrize("text", ["{", "[]", "1", '{"tables": [1]}', '{"columns": [{}]}', "[" * 1_000])
def test_what_is_no_migration_is_refused(text: str) -> None:
    with pytest.raises(BadShape, match="migration"):
        migration_of(request({"migration": text}))
