"""Texts that lose against an edit made elsewhere are kept for a while, so that support can give them back."""

from __future__ import annotations

from typing import Any

import pytest

from habits import services
from habits.merging import HabitWrite
from habits.models import LostText, User
from tests.factories import UserFactory
from tests.integration.habits.merging.writing import DAY, day, edit, habit_of, merge, version

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    user = UserFactory()
    merge(user, HabitWrite(id="run", ms=1, device="a", values={}))
    return user


def lost(user: User) -> list[tuple[Any, ...]]:
    """What was lost and what was kept, each with its stamp."""
    fields = ("field", "day", "lost", "lost_ms", "lost_device", "kept", "kept_ms", "kept_device")
    return list(LostText.objects.filter(user=user, habit=habit_of(user)).order_by("id").values_list(*fields))


# --- Notes of days ---------------------------------------------------------------------------------------------------


def test_a_note_that_comes_too_late_is_kept(user: User) -> None:
    merge(user, day(ms=9, device="b", note="late"))

    merge(user, day(ms=5, note="early"), seen=version(user))

    assert lost(user) == [("note", DAY, "early", 5, "a", "late", 9, "b")]


def test_a_note_that_is_overwritten_unseen_is_kept(user: User) -> None:
    cursor = version(user)
    merge(user, day(ms=5, note="early"))

    merge(user, day(ms=9, device="b", note="late"), seen=cursor)

    assert lost(user) == [("note", DAY, "early", 5, "a", "late", 9, "b")]


def test_a_note_that_was_seen_before_it_was_replaced_is_not_lost(user: User) -> None:
    merge(user, day(ms=5, note="early"))

    merge(user, day(ms=9, device="b", note="late"), seen=version(user))

    assert lost(user) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (day(ms=5, note="early"), day(ms=9, note="late")),
        (day(ms=5, note=""), day(ms=9, device="b", note="late")),
        (day(ms=5, note="same"), day(ms=9, device="b", note="same")),
        (day(ms=5, value=1000), day(ms=9, device="b", value=0)),
        (day(ms=5, note="there", note_edited=False), day(ms=9, device="b", note="late")),
        (day(ms=9, note="late"), day(ms=5, device="b", value=0, note="stale", note_edited=False)),
    ],
    ids=["a device's own", "nothing", "the same", "no note", "nobody's", "not edited"],
)
def test_what_is_no_loss_is_not_kept(user: User, first: Any, second: Any) -> None:
    merge(user, first, seen=0)
    merge(user, second, seen=0)

    assert lost(user) == []


def test_of_three_devices_each_text_that_lost_is_kept(user: User) -> None:
    for ms, device in ((7, "b"), (5, "a"), (9, "c")):
        merge(user, day(ms=ms, device=device, note=f"by {device}"), seen=0)

    assert [row[2] for row in lost(user)] == ["by a", "by b"]


# --- Texts of habits -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["name", "question", "notes", "category"])
def test_a_text_of_a_habit_that_comes_too_late_is_kept(user: User, field: str) -> None:
    merge(user, edit(ms=9, device="b", **{field: "late"}))

    merge(user, edit(ms=5, **{field: "early"}), seen=version(user))

    assert lost(user) == [(field, None, "early", 5, "a", "late", 9, "b")]
    assert getattr(habit_of(user), field) == "late"


def test_a_name_that_is_overwritten_unseen_is_kept(user: User) -> None:
    cursor = version(user)
    merge(user, edit(ms=5, name="Run"))

    merge(user, edit(ms=9, device="b", name="Jog"), seen=cursor)

    assert lost(user) == [("name", None, "Run", 5, "a", "Jog", 9, "b")]


def test_what_is_no_text_is_not_kept(user: User) -> None:
    merge(user, edit(ms=9, device="b", unit="km", color="#aabbcc", position=2.0))
    merge(user, edit(ms=5, unit="miles", color="#000000", position=1.0), seen=0)

    assert lost(user) == []


def test_what_a_person_replaces_over_rest_they_have_seen(user: User) -> None:
    merge(user, edit(ms=5, name="Run"))

    services.update_habit(habit=habit_of(user), name="Jog")

    assert lost(user) == []


def test_a_text_that_lost_within_the_push_that_makes_the_habit_is_kept() -> None:
    user = UserFactory()

    merge(user, edit(ms=9, device="b", name="late"), edit(ms=5, name="early"))

    assert lost(user) == [("name", None, "early", 5, "a", "late", 9, "b")]
