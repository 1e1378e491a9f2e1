"""Whatever a phone sends, each of its rows is read or refused by its id, and nothing else comes of it."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rest_framework.exceptions import APIException

from habits.domain.identity import completion_id
from habits.merging.writes import CompletionWrite, HabitWrite, from_json, to_json
from habits.sync.body import Body, depth_of, read_changes
from habits.sync.contents import Contents, Sender
from habits.sync.limits import LATEST_STAMP, MAX_BYTES, MAX_DEPTH
from habits.sync.reading import read
from habits.sync.rows import ID, CompletionRow, HabitRow
from habits.sync.writing import deletions, slot_of

RECEIVED = datetime(2026, 1, 1, 12, tzinfo=UTC)
SENDER = Sender("phone-a", RECEIVED, RECEIVED.date())

texts = st.one_of(
    st.sampled_from(
        ["", "walk", "2026-01-01", "2026-02-30", "1969-12-31", "#123456", "07:30", "counted", "\0", "a\0b"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)
numbers = st.one_of(
    st.integers(-2, 3),
    st.sampled_from([10**13, -(10**13), 10**400, 2**63, 1_767_261_600_000, LATEST_STAMP + 1]),
    st.floats(),
)
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2))
names = st.one_of(st.sampled_from(["walk", "run", "a/b", "", "x" * 65]), texts)


def rows(model: type[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Rows with some of the table's columns, and some that it has not."""
    columns = st.sampled_from([*model.model_fields, "_status", "_changed", "user_id"])
    wholly = st.fixed_dictionaries(
        {"habit_id": st.just("walk"), "date": st.just("2026-01-01"), "name": st.just("Walk")}
    )
    some = st.dictionaries(columns, values, max_size=4)
    return st.builds(lambda name, base, more: {"id": name, **base, **more}, names, wholly | st.just({}), some)


def tables(model: type[Any]) -> st.SearchStrategy[dict[str, Any]]:
    row = st.lists(rows(model), max_size=4)
    return st.fixed_dictionaries({}, optional={"created": row, "updated": row, "deleted": st.lists(names, max_size=3)})


pushes = st.fixed_dictionaries({}, optional={"habits": tables(HabitRow), "completions": tables(CompletionRow)})


def outcome(function: Callable[[], Any]) -> Any:
    """What a function gives, or the status with which it refuses."""
    try:
        return function()
    except APIException as error:
        return error.status_code


def read_body(document: Any) -> Contents:
    return read(read_changes(json.dumps(document).encode()), SENDER)


@given(pushes)
@example({"completions": {"updated": [{"id": "x", "habit_id": "walk", "date": "2026-01-01", "value": 10**400}]}})
@example({"habits": {"updated": [{"id": "x", "name": "Walk", "updated_at": 1e308}]}})
@example({"habits": {"updated": [{"id": "x\0", "name": "Walk"}]}})
@example({"completions": {"deleted": ["\0"]}})
def test_every_row_of_a_push_is_read_or_refused_by_its_id(push: dict[str, Any]) -> None:
    ids = [
        (table, row["id"])
        for table in ("habits", "completions")
        for name in ("created", "updated")
        for row in push.get(table, {}).get(name, [])
    ]
    deleted = {table: push.get(table, {}).get("deleted", []) for table in ("habits", "completions")}
    every = [name for _, name in ids] + [name for names in deleted.values() for name in names]
    contents = outcome(lambda: read_body(push))
    if any("\0" in name for name in every) or depth_of(push) > MAX_DEPTH:
        assert contents == 400
        return
    taken = [("habits", write.id) for write in contents.habits]
    taken += [("completions", write.id) for write, _ in contents.completions]
    assert sorted(taken + [(problem.table, problem.id) for problem in contents.problems]) == sorted(ids)
    assert [contents.deleted_habits, contents.deleted_completions] == list(deleted.values())
    assert all(problem.detail and problem.code for problem in contents.problems)


@given(pushes)
def test_what_is_read_can_be_kept_and_is_the_same_when_it_is_read_again(push: dict[str, Any]) -> None:
    contents = outcome(lambda: read_body(push))
    if isinstance(contents, int):
        return
    writes = [*contents.habits, *(write for write, _ in contents.completions), *deletions(contents, SENDER)]
    kept = json.dumps(to_json(writes), allow_nan=False)
    assert "\\u0000" not in kept
    assert from_json(json.loads(kept)) == writes
    for write in writes:
        assert 0 <= write.ms <= SENDER.received_ms + 60_000
        assert write.device == "phone-a"
    for write in (write for write in writes if isinstance(write, CompletionWrite)):
        assert date(1970, 1, 1) <= write.day <= date(2026, 1, 2)
        assert write.value is None or abs(write.value) <= 10**15
        assert not (write.skipped and write.value is not None)
    assert contents.skew_ms is None or abs(contents.skew_ms) <= LATEST_STAMP


@given(values)
def test_any_json_is_read_or_refused_whole(document: Any) -> None:
    assert outcome(lambda: read_body(document)) in (Contents(), 400, 413, 422)


@given(st.binary(max_size=64))
def test_any_bytes_are_read_or_refused_whole(body: bytes) -> None:
    assert outcome(lambda: read(read_changes(body), SENDER)) in (Contents(), 400, 422)


# --- Bytes -----------------------------------------------------------------------------------------------------------


def parse(sent: bytes, encoding: str) -> bytes:
    request = SimpleNamespace(headers={"Content-Encoding": encoding})
    return Body().parse(io.BytesIO(sent), parser_context={"request": request})


@given(st.binary(max_size=2_000), st.integers(0, 9))
def test_what_was_compressed_is_what_is_read(body: bytes, level: int) -> None:
    assert parse(gzip.compress(body, compresslevel=level), "gzip") == parse(body, "identity") == body


@given(st.binary(max_size=200), st.integers(0, 200), st.binary(max_size=4))
def test_damaged_gzip_is_refused_or_says_what_it_said(body: bytes, place: int, damage: bytes) -> None:
    sent = gzip.compress(body)
    damaged = sent[:place] + damage + sent[place + len(damage) :]
    assert outcome(lambda: parse(damaged, "gzip")) in (body, 400)


@pytest.mark.parametrize(("size", "taken"), [(MAX_BYTES, True), (MAX_BYTES + 1, False)])
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_body_has_four_mebibytes_at_most(size: int, taken: bool, encoding: str) -> None:
    sent = bytes(size) if encoding == "identity" else gzip.compress(bytes(size))
    if taken:
        assert len(parse(sent, encoding)) == size
    else:
        with pytest.raises(APIException) as refusal:
            parse(sent, encoding)
        assert refusal.value.status_code == 413


# --- Stamps and slots ------------------------------------------------------------------------------------------------


@given(st.integers(0, LATEST_STAMP))
def test_a_stamp_stands_unless_it_is_more_than_a_minute_ahead(ms: int) -> None:
    stamp, clamped = SENDER.clamp(ms)
    assert clamped is (ms > SENDER.received_ms + 60_000)
    assert stamp == (SENDER.received_ms if clamped else ms)
    assert SENDER.clamp(stamp) == (stamp, False)


days = st.dates(date(1970, 1, 1), date(2026, 1, 2))
devices = st.sampled_from(["phone-a", "phone-b", "server", "a"])


@given(days, devices, devices, st.booleans())
def test_the_slot_of_a_day_is_what_its_identifier_was_made_of(
    day: date, device: str, sender: str, counted: bool
) -> None:
    for slot in ("", device, sender):
        write = CompletionWrite(id=completion_id("walk", day, slot), habit="walk", day=day, ms=0, device=sender)
        assert slot_of(write, device, counted=counted, sender=sender) == slot


@given(days, devices, st.booleans())
def test_the_slot_of_a_day_with_another_identifier_is_the_senders_if_the_habit_is_counted(
    day: date, sender: str, counted: bool
) -> None:
    write = CompletionWrite(id="mine", habit="walk", day=day, ms=0, device=sender)
    assert slot_of(write, "elsewhere", counted=counted, sender=sender) == (sender if counted else "")


# --- What was edited -------------------------------------------------------------------------------------------------

MARKS: list[tuple[dict[str, Any], set[str]]] = [
    ({}, {"name", "notes"}),
    ({"_status": "created", "_changed": ""}, {"name", "notes"}),
    ({"_status": "created", "_changed": "notes"}, {"name", "notes"}),
    ({"_status": "updated", "_changed": "notes"}, {"notes"}),
    ({"_status": "updated", "_changed": "notes,updated_at,position"}, {"notes"}),
    ({"_status": "updated", "_changed": "updated_at"}, set()),
    ({"_status": "updated", "_changed": ""}, {"name", "notes"}),
    ({"_status": "updated", "_changed": None}, {"name", "notes"}),
    ({"_status": "updated", "_changed": ["notes"]}, {"name", "notes"}),
    ({"_status": [], "_changed": 7}, {"name", "notes"}),
]


@pytest.mark.parametrize(("marks", "edited"), MARKS)
def test_a_phone_edited_what_it_names_or_everything_that_it_sends(marks: dict[str, Any], edited: set[str]) -> None:
    (write,) = read_body({"habits": {"updated": [{"id": "walk", "name": "Walk", "notes": "", **marks}]}}).habits
    assert isinstance(write, HabitWrite)
    assert write.edited == edited
    assert write.values == {"name": "Walk", "notes": ""}


def test_a_row_of_the_list_created_is_new_whatever_its_marks_say() -> None:
    row = {"id": "walk", "name": "Walk", "_status": "updated", "_changed": "notes"}
    (write,) = read_body({"habits": {"created": [row]}}).habits
    assert write.edited == {"name"}


@given(st.text(max_size=70))
def test_an_identifier_is_of_letters_that_addresses_and_file_names_can_hold(name: str) -> None:
    assert bool(ID.fullmatch(name)) is (
        1 <= len(name) <= 64 and name.isascii() and all(letter.isalnum() or letter in "_.-" for letter in name)
    )
