"""Laws of merging: whatever the order, the repetition and the batching of edits, everybody ends with the same state."""

from __future__ import annotations

from datetime import date
from functools import reduce
from itertools import pairwise
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from habits.domain.merge import Place, Register, State, later, merge, rank
from habits.domain.records import Part, combine

Edit: TypeAlias = tuple[Place, Register]

devices = st.sampled_from(["", "a", "b", "phone-B", "server"])
values = st.sampled_from(
    [None, False, True, -1, 0, 0.5, 2, "", "a", "Z", "ä", "ﬀ", "😀", (None, True), (0, False), (0, True)]
)
registers = st.builds(Register, st.integers(0, 3), devices, values)
places = st.sampled_from([(habit, field) for habit in ("h1", "h2") for field in ("name", "position", "deleted")])
edits = st.lists(st.tuples(places, registers), max_size=9)
states = edits.map(dict)


def state_of(given_edits: list[Edit]) -> State:
    return reduce(merge, ({place: register} for place, register in given_edits), {})


# --- The laws of a join-semilattice ----------------------------------------------------------------------------------


@given(states, states)
def test_it_does_not_matter_who_merges_into_whom(one: State, other: State) -> None:
    assert merge(one, other) == merge(other, one)


@given(states, states, states)
def test_it_does_not_matter_which_two_of_three_merge_first(one: State, two: State, three: State) -> None:
    assert merge(merge(one, two), three) == merge(one, merge(two, three))


@given(states, states)
def test_merging_what_was_merged_already_changes_nothing(one: State, other: State) -> None:
    merged = merge(one, other)
    assert merge(merged, merged) == merge(merged, other) == merge(merged, one) == merged


@given(st.lists(registers, min_size=1))
def test_registers_are_totally_ordered_and_the_greatest_stays(found: list[Register]) -> None:
    assert reduce(later, found).order == max(register.order for register in found)


def test_merging_changes_neither_of_its_arguments() -> None:
    one, other = {"p": Register(1, "a", "old")}, {"p": Register(2, "b", "new"), "q": Register(1, "b", 1)}
    assert merge(one, other) == other
    assert one == {"p": Register(1, "a", "old")}


# --- What it means for phones ----------------------------------------------------------------------------------------


@given(edits, st.data())
def test_pushes_in_any_order_twice_and_in_any_parts_come_to_the_same(
    all_edits: list[Edit], data: st.DataObject
) -> None:
    repeated = all_edits + (data.draw(st.lists(st.sampled_from(all_edits), max_size=8)) if all_edits else [])
    delivered = data.draw(st.permutations(repeated))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(delivered)), max_size=4)))
    batches = [delivered[start:end] for start, end in zip([0, *cuts], [*cuts, len(delivered)], strict=True)]
    assert reduce(merge, map(state_of, batches), {}) == state_of(all_edits)


@given(st.lists(edits, min_size=4, max_size=4), st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=10))
def test_four_replicas_that_gossip_converge(made: list[list[Edit]], talks: list[tuple[int, int]]) -> None:
    replicas = [state_of(own) for own in made]
    everybody = [(there, here) for _ in range(2) for here in range(4) for there in range(4)]
    for source, target in [*talks, *everybody]:
        replicas[target] = merge(replicas[target], replicas[source])
    assert replicas == [state_of([edit for own in made for edit in own])] * 4


@given(st.lists(st.tuples(devices, values), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_the_latest_edit_of_a_field_is_shown(made: list[tuple[str, object]], dice: object) -> None:
    in_time = [("name", Register(ms, device, value)) for ms, (device, value) in enumerate(made, start=1)]
    arriving = list(in_time)
    dice.shuffle(arriving)
    assert state_of(arriving)["name"] == in_time[-1][1]


@given(edits)
def test_fields_do_not_touch_each_other(all_edits: list[Edit]) -> None:
    merged = state_of(all_edits)
    for place in merged:
        assert {place: merged[place]} == state_of([edit for edit in all_edits if edit[0] == place])


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(-5, 9)), max_size=10), st.data())
def test_counts_of_several_devices_add_up(taps: list[tuple[str, int]], data: st.DataObject) -> None:
    """Each device only ever writes its own place, so that no tap of one hides another's."""
    day, counted, made = date(2026, 3, 1), dict.fromkeys("abc", 0), []
    for ms, (device, glasses) in enumerate(taps, start=1):
        counted[device] += glasses * 1000
        made.append((("water", day, device), Register(ms, device, (counted[device], False))))
    merged = state_of(data.draw(st.permutations(made)))
    total = combine(Part(*register.value) for register in merged.values())
    assert total == Part(max(sum(counted.values()), 0) if taps else None)


@given(edits, st.integers(4, 9), st.integers(10, 19))
def test_a_habit_that_is_hidden_keeps_what_was_edited_meanwhile(
    meanwhile: list[Edit], hidden_ms: int, restored_ms: int
) -> None:
    hide = (("h1", "deleted"), Register(hidden_ms, "a", True))
    restore = (("h1", "deleted"), Register(restored_ms, "b", False))
    hidden, restored = state_of([hide, *meanwhile]), state_of([restore, *meanwhile, hide])
    assert hidden["h1", "deleted"].value is True  # no edit brings it back
    assert restored["h1", "deleted"].value is False
    without = {place: register for place, register in state_of(meanwhile).items() if place != ("h1", "deleted")}
    assert without.items() <= hidden.items()
    assert without.items() <= restored.items()


# --- Examples --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        (Register(10, "b", "early"), Register(11, "a", "late"), "late"),
        (Register(10, "a", "mine"), Register(10, "b", "yours"), "yours"),
        (Register(10, "a", "run"), Register(10, "a", "walk"), "walk"),
        (Register(10, "B", 1), Register(10, "a", 0), 0),  # devices by their code points, as in the database
        (Register(10, "a", 9), Register(10, "a", 10), 10),  # numbers by size, not as texts
        (Register(10, "a", None), Register(10, "a", -1), -1),
        (Register(10, "a", (None, True)), Register(10, "a", (0, False)), (0, False)),
        (Register(0, "", "was there"), Register(1, "", None), None),  # nobody's edit loses to any edit
    ],
)
def test_which_of_two_registers_stays(one: Register, other: Register, shown: object) -> None:
    assert later(one, other).value == later(other, one).value == shown


def test_values_of_all_kinds_can_be_compared() -> None:
    ordered = [None, False, True, -1, 0.5, 2, "", "Z", "a", "ä", (), (None,), (0, False), (0, True), ("",)]
    assert all(rank(one) < rank(other) for one, other in pairwise(ordered))


@pytest.mark.parametrize(
    ("parts", "day"),
    [
        ([], Part()),
        ([Part(3000), Part(2000)], Part(5000)),
        ([Part(3000), Part(-4000)], Part(0)),
        ([Part(None, True), Part(0)], Part(None, True)),
        ([Part(None, True), Part(1000)], Part(1000)),
        ([Part(None, False, "cold"), Part(1000, False, ""), Part(None, False, "wet")], Part(1000, False, "cold\nwet")),
    ],
)
def test_what_the_parts_of_a_day_come_to(parts: list[Part], day: Part) -> None:
    assert combine(parts) == day
