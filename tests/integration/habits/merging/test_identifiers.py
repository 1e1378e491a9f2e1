"""Identifiers of days: the first that a phone gives stays, others stand for the day and are deleted from phones."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from habits import services
from habits.domain.identity import completion_id
from habits.merging import DeletedCompletion
from habits.models import Completion, CompletionAlias, User
from tests.factories import HabitFactory, UserFactory
from tests.integration.habits.merging.writing import DAY, day, edit, habit_of, merge, row, version, visible

pytestmark = pytest.mark.django_db

TOMORROW = DAY + timedelta(days=1)


@pytest.fixture
def user() -> User:
    user = UserFactory()
    merge(user, edit(ms=1, name="Run"))
    return user


def aliases(user: User) -> list[tuple[str, date, int]]:
    rows = CompletionAlias.objects.filter(user=user).order_by("client_id")
    return list(rows.values_list("client_id", "completion__day", "version"))


# --- Several identifiers of one day ----------------------------------------------------------------------------------


def test_a_day_keeps_its_first_identifier_and_another_becomes_its_alias(user: User) -> None:
    merge(user, day(ms=5, value=1000, id="first"))

    merge(user, day(ms=6, device="b", value=0, id="second"))

    assert (row(user).client_id, row(user).value) == ("first", 0)
    assert aliases(user) == [("second", DAY, version(user))]


def test_an_alias_is_told_even_where_its_edit_changes_nothing(user: User) -> None:
    merge(user, day(ms=5, value=1000, id="first"))
    before = version(user)

    merge(user, day(ms=5, value=1000, id="second"))

    assert aliases(user) == [("second", DAY, before + 1)]
    assert version(user) == before + 1


def test_edits_under_an_alias_reach_the_day(user: User) -> None:
    merge(user, day(ms=5, value=1000, id="first"), day(ms=6, value=0, id="second"))
    merge(user, day(ms=7, value=1000, note="slowly", id="second"))

    assert visible(row(user)) == {"value": 1000, "skipped": False, "note": "slowly"}
    assert Completion.objects.count() == CompletionAlias.objects.count() == 1


def test_an_edit_of_the_server_needs_no_identifier_of_its_own(user: User) -> None:
    merge(user, day(ms=5, value=1000, id="first"))

    services.record_completion(habit=habit_of(user), day=DAY, value=0)

    assert (row(user).client_id, row(user).value) == ("first", 0)


# --- One identifier of several days ----------------------------------------------------------------------------------


def test_an_identifier_of_another_day_is_not_taken_over(user: User) -> None:
    merge(user, day(ms=5, value=1000, id="first"))
    before = version(user)

    merge(user, day(on=TOMORROW, ms=6, value=0, id="first"))

    assert (row(user).client_id, row(user).value) == ("first", 1000)
    assert (row(user, TOMORROW).client_id, row(user, TOMORROW).value) == (completion_id("run", TOMORROW), 0)
    assert [row(user).version, row(user, TOMORROW).version] == [before + 1, before + 1]
    assert aliases(user) == []


def test_an_identifier_for_two_new_days_of_one_push_goes_to_the_first(user: User) -> None:
    merge(user, day(ms=5, value=1000, id="same"), day(on=TOMORROW, ms=5, value=0, id="same"))

    assert (row(user).client_id, row(user, TOMORROW).client_id) == ("same", completion_id("run", TOMORROW))


def test_where_a_days_own_identifier_is_taken_it_gets_a_new_one(user: User) -> None:
    merge(user, day(ms=5, value=1000, id=completion_id("run", TOMORROW)))

    merge(user, day(on=TOMORROW, ms=6, value=0))

    other = row(user, TOMORROW)
    assert other.value == 0
    assert other.client_id not in {completion_id("run", DAY), completion_id("run", TOMORROW)}


def test_an_alias_that_becomes_the_identifier_of_a_day_is_deleted_from_no_phone(user: User) -> None:
    merge(user, day(ms=5, value=1000, id="first"), day(ms=6, value=0, id="second"))

    merge(user, day(on=TOMORROW, ms=7, value=1000, id="second"))

    assert row(user, TOMORROW).client_id == "second"
    assert aliases(user) == []


def test_two_people_may_use_the_same_identifiers(user: User) -> None:
    other = HabitFactory(client_id="run").user
    merge(user, day(ms=5, value=1000, id="same"))

    merge(other, day(on=TOMORROW, ms=5, value=0, id="same"))

    assert (row(user).client_id, row(other, TOMORROW).client_id) == ("same", "same")


# --- Days that a phone deletes ---------------------------------------------------------------------------------------


def test_a_day_that_a_phone_deletes_counts_as_not_done(user: User) -> None:
    merge(user, day(ms=5, value=1000, note="slowly", id="first"))
    before = version(user)

    merge(user, DeletedCompletion(id="first", ms=6, device="b"))

    assert visible(row(user)) == {"value": 0, "skipped": False, "note": "slowly"}
    assert (row(user).value_ms, row(user).value_device, row(user).version) == (6, "b", before + 1)


def test_a_later_edit_survives_a_deletion_and_the_phone_is_told(user: User) -> None:
    merge(user, day(ms=9, value=1000, id="first"))
    before = version(user)

    merge(user, DeletedCompletion(id="first", ms=6, device="b"))

    assert (row(user).value, row(user).version) == (1000, before + 1)


def test_a_deletion_by_an_alias_reaches_its_day(user: User) -> None:
    merge(user, day(ms=5, value=1000, id="first"), day(ms=6, value=1000, id="second"))

    merge(user, DeletedCompletion(id="second", ms=7, device="b"))

    assert row(user).value == 0


def test_deleting_what_is_not_there_is_no_error_and_no_news(user: User) -> None:
    before = version(user)

    merge(user, DeletedCompletion(id="unknown", ms=6, device="b"))

    assert version(user) == before
    assert not Completion.objects.exists()


def test_what_was_made_and_deleted_in_one_push_counts_as_not_done(user: User) -> None:
    merge(user, DeletedCompletion(id="first", ms=6, device="b"), day(ms=5, value=1000, id="first"))

    assert row(user).value == 0
