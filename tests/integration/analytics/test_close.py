"""Closing people's days."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from analytics.domain.pace import Pace
from analytics.models import HabitState, UserClock, UserDay
from analytics.rollups.load import other_statements
from analytics.tasks import close_days, close_due_days
from focusjobs.jobs import Snooze
from habits import services
from habits.models import User
from tests.factories import UserFactory
from tests.workers import eventually

from .people import MONDAY, after, at, close, counts, day_of, make_habit, settle, tick

pytestmark = pytest.mark.django_db


def person(**fields: object) -> User:
    with at(MONDAY):
        return UserFactory(**fields)


# --- When a day is closed --------------------------------------------------------------------------------------------


def test_a_new_person_has_a_clock_whose_open_day_is_the_one_that_it_is() -> None:
    user = person(timezone="Europe/Berlin", day_start=180, week_start=6)

    clock = UserClock.objects.get(user=user)
    assert (clock.last_closed, clock.zone, clock.day_start) == (after(-1), "Europe/Berlin", 180)
    assert clock.began_at == datetime(2026, 3, 2, 2, tzinfo=UTC)
    assert clock.next_rollover_at == datetime(2026, 3, 3, 2, tzinfo=UTC)
    assert (clock.week_first, clock.week_last) == (after(-1), after(5))


def test_a_day_is_closed_when_it_is_over_for_its_person_and_not_before() -> None:
    berlin, tokyo = person(timezone="Europe/Berlin"), person(timezone="Asia/Tokyo")
    with at(MONDAY):
        make_habit(berlin), make_habit(tokyo)

    with at(MONDAY, 14, 59):
        assert close() == 0
    with at(MONDAY, 15):
        assert close() == 1
        assert UserDay.objects.get().user == tokyo
    with at(MONDAY, 23):
        assert close() == 1
    with at(MONDAY, 23, 30):
        assert close() == 0
    assert set(UserDay.objects.values_list("user", "day")) == {(berlin.pk, MONDAY), (tokyo.pk, MONDAY)}


def test_days_that_were_left_behind_are_closed_in_their_order() -> None:
    user = person()
    with at(MONDAY):
        habit = make_habit(user)
    with at(after(3)):
        tick(habit, MONDAY, after(1))
        settle(user)
        assert [batch.users for batch, _ in close_due_days()] == [1, 1, 1]

    assert [counts(user, after(n)) for n in range(3)] == [(1, 1, 0, 0, 0), (1, 1, 0, 0, 0), (1, 0, 0, 1, 0)]
    state = HabitState.objects.get()
    assert (state.as_of, state.streak, state.best_streak, state.best_streak_start) == (after(2), 0, 2, MONDAY)


def test_a_person_without_habits_has_no_rows_and_a_clock_that_goes_on() -> None:
    user = person()
    with at(after(2)):
        close()

    assert not UserDay.objects.exists()
    assert UserClock.objects.get(user=user).last_closed == after(1)


def test_a_day_is_23_hours_long_where_the_clocks_go_forward() -> None:
    spring = date(2026, 3, 29)
    with at(spring):
        user = UserFactory(timezone="Europe/Berlin")
        make_habit(user)
    with at(spring + timedelta(days=1)):
        close()

    row = day_of(user, spring)
    assert row.ended_at - row.began_at == timedelta(hours=23)


# --- What a close writes ---------------------------------------------------------------------------------------------


def test_a_day_counts_what_was_due_done_skipped_missed_and_extra() -> None:
    user = person()
    with at(MONDAY):
        done, skipped, _missed = (make_habit(user, name=name) for name in ("done", "skipped", "missed"))
        extra = make_habit(user, name="extra", weekdays=0b0111110)
        tick(done, MONDAY), tick(extra, MONDAY)
        services.record_completion(habit=skipped, day=MONDAY, skipped=True)
        settle(user)
    with at(after(1)):
        close()

    assert counts(user, MONDAY) == (3, 1, 1, 1, 1)
    row = day_of(user, MONDAY)
    assert set(row.habits) == set(HabitState.objects.values_list("habit", flat=True))
    assert row.strength == pytest.approx(sum(row.strengths) / 4)
    assert (row.began_at, row.ended_at) == (datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC))


def test_a_habit_that_was_archived_counts_until_the_day_before() -> None:
    user = person()
    with at(MONDAY):
        habit = make_habit(user)
    with at(after(1)):
        services.update_habit(habit=habit, archived=True)
        settle(user)
    with at(after(3)):
        close()

    assert list(UserDay.objects.values_list("day", flat=True)) == [MONDAY]


def test_closing_again_changes_nothing() -> None:
    user = person()
    with at(MONDAY):
        tick(make_habit(user), MONDAY)
    with at(after(1)):
        close()
        before = list(HabitState.objects.values()), list(UserDay.objects.values()), list(UserClock.objects.values())
        assert close() == 0

    assert (
        list(HabitState.objects.values()),
        list(UserDay.objects.values()),
        list(UserClock.objects.values()),
    ) == before


# --- Load ------------------------------------------------------------------------------------------------------------


def test_a_close_puts_itself_off_in_a_busy_database(monkeypatch: pytest.MonkeyPatch) -> None:
    user = person()
    monkeypatch.setattr("analytics.tasks.other_statements", lambda: 99)
    monkeypatch.setattr("analytics.tasks.Pace", lambda: Pace(busy_seconds=31.0))
    with at(MONDAY):
        make_habit(user)
    with at(after(1), 0, 5), pytest.raises(Snooze):
        close_days()

    assert UserDay.objects.count() == 1  # the batch that showed it


def test_a_close_goes_on_with_days_that_have_waited_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    user = person()
    monkeypatch.setattr("analytics.tasks.other_statements", lambda: 99)
    monkeypatch.setattr("analytics.tasks.Pace", lambda: Pace(busy_seconds=31.0))
    with at(MONDAY):
        make_habit(user)
    with at(after(3), 2):
        assert close_days() == {"closed": 3}


@pytest.mark.django_db(transaction=True)
def test_statements_of_other_sessions_are_counted() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(7)")
    waiting = threading.Thread(target=wait_for_lock)
    waiting.start()
    try:
        assert eventually(other_statements) == 1
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(7)")
        waiting.join(timeout=30)
    assert other_statements() == 0


def wait_for_lock() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(7)")
    finally:
        connection.close()
