"""What the server writes of a day that several devices counted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from habits import services
from habits.domain.records import Part, combine
from habits.merging import SERVER
from habits.models import Completion, Habit
from habits.selectors import days_of, recorded, recorded_day, records_of
from tests.factories import CompletionFactory, HabitFactory
from tests.integration.habits.merging.writing import DAY, day, merge, row, version

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 3, 10, 12, tzinfo=UTC), tick=False):
        yield


notes = st.sampled_from(["", "cold", "by the river"])
contents = st.one_of(
    st.builds(Part, value=st.sampled_from([None, -2000, 0, 1000, 3000]), note=notes),
    st.builds(Part, skipped=st.just(True), note=notes),
)
parts_of_a_day = st.dictionaries(st.sampled_from(["", "a", "b", SERVER]), contents, max_size=4)
wanted = st.one_of(
    st.builds(Part, value=st.sampled_from([0, 1000]), note=notes), st.builds(Part, skipped=st.just(True), note=notes)
)


def counted(kind: str, parts: dict[str, Part]) -> Habit:
    habit = HabitFactory(kind=kind)
    for slot, part in parts.items():
        fields = {"value": part.value, "skipped": part.skipped, "note": part.note}
        CompletionFactory(habit=habit, day=DAY, slot=slot, **fields)
    return habit


@given(st.sampled_from(Habit.Kind.values), parts_of_a_day)
def test_a_day_is_read_as_the_sum_of_its_parts(kind: str, parts: dict[str, Part]) -> None:
    habit = counted(kind, parts)
    whole = combine(part for _, part in sorted(parts.items()))

    found = recorded_day(habit, DAY)

    assert found.part == whole if found else whole == Part()
    assert [recorded(each).part for each in days_of(habit)] == ([] if whole == Part() else [whole])
    for record in records_of(habit).values():
        assert (record.value, record.skipped, record.noted) == (whole.value, whole.skipped, bool(whole.note))


@given(st.sampled_from(Habit.Kind.values), parts_of_a_day, wanted)
def test_whatever_devices_recorded_a_day_becomes_what_is_put(kind: str, parts: dict[str, Part], put: Part) -> None:
    habit = counted(kind, parts)

    found, _ = services.record_completion(habit=habit, day=DAY, value=put.value, skipped=put.skipped, note=put.note)

    assert found.part == recorded_day(habit, DAY).part == put


@given(st.sampled_from(Habit.Kind.values), parts_of_a_day)
def test_whatever_devices_recorded_a_day_can_be_forgotten(kind: str, parts: dict[str, Part]) -> None:
    habit = counted(kind, parts)

    services.clear_completion(habit=habit, day=DAY)

    assert recorded_day(habit, DAY) is None
    assert set(habit.completions.values_list("value", "skipped", "note")) <= {(None, False, "")}


def test_what_a_phone_counts_meanwhile_is_added_to_what_the_server_put() -> None:
    habit = HabitFactory(client_id="run", kind="counted")
    merge(habit.user, day(slot="a", ms=5, value=3000), day(slot="b", device="b", ms=5, value=1000))

    services.record_completion(habit=habit, day=DAY, value=6000)
    merge(habit.user, day(slot="b", device="b", ms=row(habit.user, slot="b").value_ms + 1, value=2000))

    assert {part.slot: part.value for part in habit.completions.all()} == {"a": 3000, "b": 2000, SERVER: 2000}
    assert recorded_day(habit, DAY).value == 7000


def test_the_server_writes_only_the_parts_that_change() -> None:
    habit = HabitFactory(client_id="run", kind="counted")
    merge(habit.user, day(slot="a", ms=5, value=3000, note="tea"))
    before = Completion.objects.values().get()

    services.record_completion(habit=habit, day=DAY, value=4000, note="tea")

    assert row(habit.user, slot="a").note == ""  # the day's note is the server's now
    assert row(habit.user, slot="a").value == before["value"]
    assert row(habit.user, slot="a").value_ms == before["value_ms"]
    assert recorded_day(habit, DAY).part == Part(4000, note="tea")


def test_an_edit_says_where_and_when_it_was_made() -> None:
    user = HabitFactory(client_id="run").user
    tap = 1_773_136_800_000
    merge(user, day(ms=5, value=1000, recorded_ms=tap, zone="Europe/Berlin"))
    merge(user, day(ms=6, note="slowly", value=1000, value_edited=False, recorded_ms=tap + 1, zone="UTC"))

    stored = row(user)
    assert (stored.recorded_at, stored.recorded_zone) == (datetime.fromtimestamp(tap / 1000, UTC), "Europe/Berlin")
    assert (stored.value_ms, stored.note_ms, stored.note) == (5, 6, "slowly")


@pytest.mark.parametrize(
    ("writes", "since"),
    [
        ([{"on": date(2026, 3, 5)}, {"on": date(2026, 3, 2)}], date(2026, 3, 2)),
        ([{"on": date(2026, 3, 5), "value": None}, {"on": date(2026, 3, 7)}], date(2026, 3, 7)),
    ],
    ids=["the earliest day", "a day of which nothing is said"],
)
def test_statistics_are_told_from_the_earliest_day_that_changed(
    writes: list[dict[str, Any]], since: date, told: list[dict[str, Any]]
) -> None:
    habit = HabitFactory(client_id="run")
    merge(habit.user, day(on=date(2026, 3, 5), ms=1, note="", value=None))
    told.clear()

    merge(habit.user, *(day(ms=5, **{"value": 1000, **write}) for write in writes))

    assert told == [{"habit_ids": [habit.pk], "user_id": habit.user_id, "since": {habit.pk: since}}]


def test_another_text_of_a_note_changes_no_statistics(told: list[dict[str, Any]]) -> None:
    habit = HabitFactory(client_id="run")
    merge(habit.user, day(ms=1, value=1000, note="slowly"))
    told.clear()

    merge(habit.user, day(ms=2, value=1000, note="quickly"))

    assert told == []
    assert version(habit.user) == 3
