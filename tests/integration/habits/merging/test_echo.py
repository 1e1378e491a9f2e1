"""Who hears of what: a row gets a new version when somebody shows it otherwise than it is stored, and only then."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from habits import services
from habits.domain.merge import Register
from habits.merging import HabitWrite, Write
from habits.models import Completion, SyncState, User
from tests.factories import HabitFactory, UserFactory
from tests.integration.habits.merging.writing import (
    DAY,
    day,
    edit,
    habit_of,
    merge,
    row,
    stored_days,
    stored_fields,
    version,
    view,
    visible,
)

pytestmark = pytest.mark.django_db

TOMORROW = DAY + timedelta(days=1)


@pytest.fixture
def user() -> User:
    """A person whose habit “run” all phones have."""
    user = UserFactory()
    merge(user, edit(ms=1, name="Run", notes="", deleted=False))
    return user


# --- Days ------------------------------------------------------------------------------------------------------------


def test_what_is_merged_together_has_one_new_version(user: User) -> None:
    before = version(user)

    merge(user, day(ms=5, value=1000), day(on=TOMORROW, ms=6, value=0))

    assert version(user) == before + 1
    assert [row(user).version, row(user, TOMORROW).version] == [before + 1, before + 1]


def test_a_push_that_comes_again_is_no_news(user: User) -> None:
    merge(user, day(ms=5, value=1000, note="slowly"))
    before = Completion.objects.values().get(), SyncState.objects.values().get()

    merge(user, day(ms=5, value=1000, note="slowly"))

    assert (Completion.objects.values().get(), SyncState.objects.values().get()) == before


@pytest.mark.parametrize(
    ("late", "why"),
    [
        (day(ms=4, device="b", value=0), "its value lost"),
        (day(ms=4, device="b", value=1000, note="early"), "its note lost"),
        (day(ms=4, device="b", value=1000), "its stamp is behind, and its next edit would lose"),
        (day(ms=6, device="b", value=0, note="stale", note_edited=False), "it shows a note that is not stored"),
        (day(ms=6, device="b", note="rain", value_edited=False), "it shows no value"),
        (day(ms=5, device="a", value=1000, altered=True), "what it shows was put right before"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_a_device_that_believes_something_else_is_told(user: User, late: Any, why: str) -> None:
    merge(user, day(ms=5, value=1000))
    before = version(user)

    merge(user, late)

    assert row(user).version == version(user) == before + 1, why


def test_an_old_copy_of_an_edit_changes_nothing_that_is_shown(user: User) -> None:
    merge(user, day(ms=5, value=1000))
    merge(user, day(ms=6, value=0))
    before = visible(row(user))

    merge(user, day(ms=5, value=1000))

    assert visible(row(user)) == before == {"value": 0, "skipped": False, "note": ""}


def test_a_row_that_was_not_pushed_keeps_its_version(user: User) -> None:
    merge(user, day(ms=5, value=1000))
    before = row(user).version

    merge(user, day(on=TOMORROW, ms=6, value=1000))

    assert row(user).version == before


def test_where_nothing_is_merged_there_is_no_version(user: User) -> None:
    before = version(user)

    merge(user)

    assert version(user) == before


# --- Habits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "late",
    [
        edit(ms=4, device="b", name="Walk"),
        edit(ms=5, device="a", deleted=True),  # the other device of the same instant goes first
        edit(ms=4, device="b", name="Jog"),
        view(ms=6, device="b", edited=["unit"], unit="km", notes="stale"),
        HabitWrite(id="run", ms=5, device="b", values={"name": "Jog"}, edited=frozenset(), altered=True),
    ],
    ids=["lost", "lost by the device alone", "behind", "stale", "put right"],
)
def test_a_device_that_believes_something_else_of_a_habit_is_told(user: User, late: Write) -> None:
    merge(user, edit(ms=5, device="b", name="Jog", deleted=False))
    before = version(user)

    merge(user, late)

    assert habit_of(user).version == version(user) == before + 1
    assert (habit_of(user).name, habit_of(user).deleted) == ("Jog", False)


def test_a_habit_that_is_pushed_again_is_no_news(user: User) -> None:
    before = habit_of(user).version, version(user), habit_of(user).updated_at

    merge(user, edit(ms=1, name="Run", notes="", deleted=False))

    assert (habit_of(user).version, version(user), habit_of(user).updated_at) == before


def test_a_later_edit_to_what_is_shown_already_wins_against_what_was_between(user: User) -> None:
    merge(user, edit(ms=9, device="b", name="Run"))
    merge(user, edit(ms=5, device="c", name="Walk"))

    assert stored_fields(habit_of(user))["run", "name"] == Register(9, "b", "Run")


# --- Days of habits that are deleted and restored --------------------------------------------------------------------


def versions(user: User) -> list[int]:
    return list(Completion.objects.filter(user=user).order_by("pk").values_list("version", flat=True))


def test_days_get_a_new_version_when_their_habit_is_deleted_or_restored(user: User) -> None:
    merge(user, edit("read", ms=1, name="Read"), day(ms=2, value=1000), day("read", ms=2, value=1000))
    before = version(user)

    merge(user, edit(ms=3, deleted=True))
    assert versions(user) == [before + 1, before]

    merge(user, edit(ms=4, name="Jog"))
    assert versions(user) == [before + 1, before]

    merge(user, edit(ms=5, deleted=False))
    assert versions(user) == [before + 3, before]
    assert habit_of(user).name == "Jog"


def test_a_deletion_that_loses_leaves_the_days_alone(user: User) -> None:
    merge(user, day(ms=2, value=1000), edit(ms=9, deleted=False))
    before = versions(user)

    merge(user, edit(ms=3, deleted=True))

    assert versions(user) == before


def test_a_day_of_a_deleted_habit_is_stored_and_shown_after_its_return(user: User) -> None:
    merge(user, edit(ms=3, deleted=True))
    merge(user, day(ms=9, device="b", value=1000))
    before = version(user)

    assert row(user).version == before
    merge(user, edit(ms=10, deleted=False))

    assert row(user).version == before + 1
    assert visible(row(user)) == {"value": 1000, "skipped": False, "note": ""}


# --- Edits of the server ---------------------------------------------------------------------------------------------


def test_the_servers_edits_come_after_all_that_was_merged() -> None:
    """Even where a phone's clock is ahead, what is put over REST then is what is shown."""
    habit = HabitFactory(client_id="run", name="Run")
    noon = datetime(2026, 3, 10, 12, tzinfo=UTC)
    ahead = round((noon + timedelta(seconds=40)).timestamp() * 1000)
    merge(habit.user, edit(ms=ahead, name="Jog"), day(ms=ahead, value=1000))

    with time_machine.travel(noon, tick=False):
        services.update_habit(habit=habit, name="Walk")
        services.record_completion(habit=habit, day=DAY, value=0)

    assert habit_of(habit.user).name == "Walk"
    assert row(habit.user).value == 0
    assert habit_of(habit.user).stamps["name"] == [ahead + 1, "server"]
    assert (row(habit.user).value_ms, row(habit.user).value_device) == (ahead + 2, "server")
    assert SyncState.objects.get(user=habit.user).latest_ms == ahead + 2


def test_the_servers_edits_are_told_but_not_to_the_server_itself(user: User) -> None:
    habit = habit_of(user)
    services.record_completion(habit=habit, day=date(2026, 3, 1), value=1000)
    before = version(user), stored_days(user)

    services.record_completion(habit=habit, day=date(2026, 3, 1), value=1000)

    assert (version(user), stored_days(user)) == before
