"""Writes of the server: what they store, refuse and tell, and that repeating one changes nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from habits import services
from habits.models import Completion
from habits.signals import completions_changed
from tests.factories import HabitFactory, UserFactory
from tests.integration.habits.news import news, sync_version, version

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


def test_a_tick_is_stored_and_told_and_raises_the_version(told: list[dict[str, Any]]) -> None:
    habit = HabitFactory()

    record, created = services.record_completion(habit=habit, day=DAY, value=1000)

    assert created
    assert (record.day, record.value, record.skipped, record.source) == (DAY, 1000, False, "app")
    assert version(habit) == 1
    assert told == [news(habit, since=DAY)]


def test_the_same_tick_again_writes_and_tells_nothing(
    told: list[dict[str, Any]], django_assert_num_queries: Any
) -> None:
    habit = HabitFactory()
    services.record_completion(habit=habit, day=DAY, value=1000)

    before = list(Completion.objects.values()), sync_version(habit)

    with django_assert_num_queries(6):  # savepoint, lock, habit, look, look again, release
        record, created = services.record_completion(habit=habit, day=DAY, value=1000, source="import")

    assert (list(Completion.objects.values()), sync_version(habit)) == before
    assert not created
    assert record.source == "app"
    assert version(habit) == 1
    assert len(told) == 1


@pytest.mark.parametrize(
    "change",
    [{"value": 0}, {"value": None, "skipped": True}, {"value": 1000, "note": "at last"}],
    ids=["not done", "skipped", "note"],
)
def test_another_value_replaces_the_record_of_the_day(change: dict[str, Any], told: list[dict[str, Any]]) -> None:
    habit = HabitFactory()
    services.record_completion(habit=habit, day=DAY, value=1000)

    _, created = services.record_completion(habit=habit, day=DAY, **change)

    assert not created
    stored = Completion.objects.values("value", "skipped", "note").get(habit=habit)
    assert stored == {"value": None, "skipped": False, "note": "", **change}
    assert version(habit) == 2
    assert len(told) == 2


@pytest.mark.parametrize(
    ("zone", "day_start", "latest"),
    [
        ("UTC", 0, date(2026, 3, 11)),
        ("Pacific/Kiritimati", 0, date(2026, 3, 12)),  # already the 11th there
        ("Pacific/Niue", 0, date(2026, 3, 11)),
        ("Pacific/Niue", 120, date(2026, 3, 10)),  # 01:00 of the 10th still belongs to the 9th
    ],
)
def test_days_up_to_one_after_the_persons_own_today_are_accepted(zone: str, day_start: int, latest: date) -> None:
    habit = HabitFactory(user__timezone=zone, user__day_start=day_start)

    services.record_completion(habit=habit, day=latest, value=1000)
    with pytest.raises(ValidationError) as refused:
        services.record_completion(habit=habit, day=date.fromordinal(latest.toordinal() + 1), value=1000)

    assert refused.value.message_dict == {
        "day": [f"Days from 1970-01-01 to {latest} can be recorded, not {date.fromordinal(latest.toordinal() + 1)}."]
    }


def test_days_before_1970_are_refused() -> None:
    habit = HabitFactory()

    services.record_completion(habit=habit, day=date(1970, 1, 1), value=1000)
    with pytest.raises(ValidationError, match="1969-12-31"):
        services.record_completion(habit=habit, day=date(1969, 12, 31), value=1000)


@pytest.mark.parametrize(
    ("kind", "record", "message"),
    [
        ("yes_no", {"value": 2000}, "A yes-or-no habit has the value 1 for done or 0 for not done."),
        ("counted", {"value": 2500}, "A number of times is a whole number."),
        ("measured", {"value": -1}, "A value is not below 0."),
        ("measured", {"value": 1000, "skipped": True}, "A skipped day has no value."),
        ("measured", {}, "A record has a value, is skipped, or has a note; delete it to forget the day."),
    ],
)
def test_a_record_that_makes_no_sense_is_refused(
    kind: str, record: dict[str, Any], message: str, told: list[dict[str, Any]]
) -> None:
    habit = HabitFactory(kind=kind)

    with pytest.raises(ValidationError) as refused:
        services.record_completion(habit=habit, day=DAY, **record)

    assert refused.value.messages == [message]
    assert not habit.completions.exists()
    assert told == []


def test_a_listener_that_fails_takes_the_tick_back() -> None:
    habit = HabitFactory()

    def fail(**_: Any) -> None:
        raise RuntimeError("no ledger")

    completions_changed.connect(fail)
    try:
        with pytest.raises(RuntimeError, match="no ledger"):
            services.record_completion(habit=habit, day=DAY, value=1000)
    finally:
        completions_changed.disconnect(fail)

    assert not habit.completions.exists()
    assert version(habit) == 0


@pytest.mark.django_db(transaction=True)
def test_ticks_of_many_threads_leave_one_record_a_day_and_no_lost_version() -> None:
    habit = HabitFactory()

    def tick(value: int) -> None:
        try:
            services.record_completion(habit=habit, day=DAY, value=value)
        finally:
            connection.close()

    threads = [threading.Thread(target=tick, args=(1000 * (n % 2),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert Completion.objects.filter(habit=habit, day=DAY).count() == 1
    assert 1 <= version(habit) <= 8


def test_a_habit_is_made_once_however_often_it_is_sent() -> None:
    user = UserFactory()

    first, created = services.create_habit(user=user, client_id="h1", name="Run")
    again, created_again = services.create_habit(user=user, client_id="h1", name="Run slowly")

    assert (created, created_again) == (True, False)
    assert (again.pk, again.name) == (first.pk, "Run")


def test_two_people_may_choose_the_same_id() -> None:
    mine, _ = services.create_habit(user=UserFactory(), client_id="h1", name="Run")
    theirs, created = services.create_habit(user=UserFactory(), client_id="h1", name="Read")

    assert created
    assert mine.pk != theirs.pk


def test_a_new_habit_comes_last_in_the_list() -> None:
    user = UserFactory()
    HabitFactory(user=user, position=7.5)

    assert services.create_habit(user=user, name="Run")[0].position == 8.5
    assert services.create_habit(user=user, name="First", position=-1.0)[0].position == -1.0


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"freq_num": 4, "freq_den": 3}, {"freq_num": ["A day counts once, so 4 times do not fit into 3 days."]}),
        ({"freq_num": 1, "freq_den": 367}, {"freq_den": ["A period has at most 366 days."]}),
        ({"kind": "measured"}, {"target_value": ["An amount to be reached is above 0."]}),
        ({"weekdays": 128}, {"weekdays": ["Ensure this value is less than or equal to 127."]}),
        ({"weekdays": 0}, {"weekdays": ["Ensure this value is greater than or equal to 1."]}),
    ],
)
def test_a_rule_that_cannot_be_kept_is_refused(fields: dict[str, Any], errors: dict[str, list[str]]) -> None:
    with pytest.raises(ValidationError) as refused:
        services.create_habit(user=UserFactory(), name="Run", **fields)

    assert refused.value.message_dict == errors


def test_at_most_nothing_is_a_rule_that_can_be_kept() -> None:
    habit, _ = services.create_habit(user=UserFactory(), name="Smoke", kind="counted", target_type="at_most")

    assert habit.target_value == 0


def test_only_a_change_of_the_rule_changes_statistics(told: list[dict[str, Any]]) -> None:
    habit = HabitFactory()

    renamed = services.update_habit(habit=habit, name="Run far", position=3.0)
    assert (renamed.name, version(habit), told) == ("Run far", 0, [])

    changed = services.update_habit(habit=habit, freq_num=3, freq_den=7)
    assert (changed.completions_version, version(habit)) == (1, 1)
    assert told == [news(habit, since=None)]

    services.update_habit(habit=habit, freq_num=3, freq_den=7)
    assert len(told) == 1


def test_an_imported_rule_outside_the_limits_does_not_stop_a_rename() -> None:
    habit = HabitFactory(freq_num=3, freq_den=2)

    assert services.update_habit(habit=habit, name="Run").name == "Run"


def test_archiving_keeps_its_first_instant_and_can_be_taken_back() -> None:
    habit = HabitFactory()

    with time_machine.travel(NOON, tick=False):
        services.update_habit(habit=habit, archived=True)
    with time_machine.travel(datetime(2026, 4, 1, tzinfo=UTC), tick=False):
        services.update_habit(habit=habit, archived=True)

    habit.refresh_from_db()
    assert habit.archived_at == NOON
    assert services.update_habit(habit=habit, archived=False).archived_at is None


@pytest.mark.parametrize(
    ("fields", "week_start"),
    [
        ({"locale": "en-US"}, 6),
        ({"locale": "de-DE"}, 0),
        ({"locale": "ar-EG", "week_start": 0}, 0),
    ],
)
def test_the_week_starts_as_the_locale_has_it_unless_it_is_chosen(fields: dict[str, Any], week_start: int) -> None:
    user = UserFactory()

    assert services.update_profile(user=user, **fields).week_start == week_start


def test_a_chosen_start_of_the_week_survives_another_locale() -> None:
    user = UserFactory(week_start=5)

    services.update_profile(user=user, locale="en-US")

    user.refresh_from_db()
    assert (user.locale, user.week_start) == ("en-US", 5)


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(ValidationError) as refused:
        services.update_profile(user=UserFactory(), timezone="Berlin")

    assert refused.value.message_dict == {"timezone": ["“Berlin” is not an IANA time zone such as Europe/Berlin."]}


@pytest.mark.django_db(transaction=True)
def test_a_tick_waits_for_other_edits_of_the_same_person_only() -> None:
    """The lock is the person's version, and no row that others refer to."""
    habit, other = HabitFactory(), HabitFactory()
    done = threading.Event()

    def tick_other() -> None:
        try:
            services.record_completion(habit=other, day=DAY, value=1000)
            services.accept_backup(user=habit.user, filename="Loop.db", content=b"content")
            done.set()
        finally:
            connection.close()

    with transaction.atomic():
        services.record_completion(habit=habit, day=DAY, value=1000)
        thread = threading.Thread(target=tick_other)
        thread.start()
        assert done.wait(timeout=30)
    thread.join(timeout=30)
