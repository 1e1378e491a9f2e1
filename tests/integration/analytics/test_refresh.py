from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test import Client
from rest_framework.test import APIClient

from analytics.models import HabitState
from analytics.rollups import refresh_habit_state
from analytics.selectors import state_of, statistics_of
from analytics.tasks import refresh_habit
from focusjobs.jobs import ledger
from focusjobs.jobs.models import Job
from habits import services
from habits.models import Habit
from habits.signals import completions_changed
from tests.factories import HabitFactory, UserFactory, unsynced

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 10)


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 3, 10, 12, tzinfo=UTC), tick=False):
        yield


def ticked(*days_ago: int, **fields: Any) -> Habit:
    habit = HabitFactory(**fields)
    for ago in days_ago:
        services.record_completion(habit=habit, day=TODAY - timedelta(days=ago), value=1000)
    habit.refresh_from_db()
    return habit


def refreshes() -> list[tuple[str, dict[str, int]]]:
    return list(Job.objects.filter(task="analytics.refresh_habit").values_list("state", "arguments").order_by("id"))


def in_another_session(work: Callable[[], Any]) -> Any:
    """Do something on a database connection of its own and give its result."""
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(work())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=30)
    assert results, "It did not end."
    return results[0]


# --- What a tick enqueues --------------------------------------------------------------------------------------------


def test_a_tick_enqueues_the_refresh_of_its_habit_for_its_owner() -> None:
    habit = ticked(0)

    job = Job.objects.get(task="analytics.refresh_habit")
    assert (job.queue, job.state, job.arguments, job.max_attempts) == (
        "statistics",
        "waiting",
        {"habit_id": habit.pk},
        5,
    )
    assert job.user_id == habit.user_id


def test_ticks_before_the_job_starts_share_it_and_habits_do_not() -> None:
    first, second = ticked(0, 1, 2), ticked(0)

    assert refreshes() == [("waiting", {"habit_id": first.pk}), ("waiting", {"habit_id": second.pk})]


def test_a_tick_after_the_job_has_started_gets_a_job_of_its_own() -> None:
    habit = ticked(0)
    ledger.claim("statistics", 1, "a worker", timedelta(seconds=30))

    services.record_completion(habit=habit, day=TODAY, value=0)

    assert refreshes() == [("active", {"habit_id": habit.pk}), ("waiting", {"habit_id": habit.pk})]


def test_the_same_tick_again_enqueues_nothing() -> None:
    habit = ticked(0)
    Job.objects.all().delete()

    services.record_completion(habit=habit, day=TODAY, value=1000)

    assert refreshes() == []


def test_another_rule_enqueues_a_refresh_and_another_name_does_not() -> None:
    habit = HabitFactory()

    services.update_habit(habit=habit, name="Run far")
    assert refreshes() == []
    services.update_habit(habit=habit, freq_num=3, freq_den=7)
    assert refreshes() == [("waiting", {"habit_id": habit.pk})]


def test_many_habits_are_enqueued_in_one_statement(django_assert_num_queries: Any) -> None:
    user = UserFactory()

    with django_assert_num_queries(1):
        completions_changed.send(sender=Habit, habit_ids=[1, 2, 3, 2], user_id=user.pk)

    assert [arguments["habit_id"] for _, arguments in refreshes()] == [1, 2, 3]


@pytest.mark.django_db(transaction=True)
def test_a_tick_that_is_rolled_back_leaves_no_job() -> None:
    habit = HabitFactory()

    with transaction.atomic():
        services.record_completion(habit=habit, day=TODAY, value=1000)
        transaction.set_rollback(True)

    assert refreshes() == []
    assert not habit.completions.exists()


@pytest.mark.django_db(transaction=True)
def test_a_job_that_a_tick_relies_on_is_not_started_before_the_tick_is_committed() -> None:
    """Otherwise it could read the records without that tick, and no other job would follow."""
    habit = ticked(1)

    def claim() -> int:
        return len(ledger.claim("statistics", 10, "a worker", timedelta(seconds=30)))

    with transaction.atomic():
        services.record_completion(habit=habit, day=TODAY, value=1000)
        taken_before = in_another_session(claim)

    assert (taken_before, in_another_session(claim)) == (0, 1)


# --- What a refresh stores -------------------------------------------------------------------------------------------


def test_a_refresh_stores_what_the_records_come_to() -> None:
    habit = ticked(0, 1, 2, 5, 6, 7, 8)

    refresh_habit(habit_id=habit.pk)

    state = HabitState.objects.get()
    assert (state.as_of, state.completions_version) == (TODAY, 7)
    assert (state.streak, state.streak_start) == (3, date(2026, 3, 8))
    assert (state.best_streak, state.best_streak_start) == (4, date(2026, 3, 2))
    assert (state.total, state.done_today) == (7, True)
    assert 0 < state.strength < 1


def test_a_refresh_can_be_repeated() -> None:
    habit = ticked(0)

    refresh_habit(habit_id=habit.pk)
    first = HabitState.objects.values().get()
    with time_machine.travel(datetime(2026, 3, 10, 13, tzinfo=UTC), tick=False):
        refresh_habit(habit_id=habit.pk)

    again = HabitState.objects.values().get()
    assert again.pop("computed_at") > first.pop("computed_at")
    assert again == first


def test_a_refresh_of_a_habit_that_is_gone_does_nothing() -> None:
    refresh_habit(habit_id=404)

    assert not HabitState.objects.exists()


@pytest.mark.parametrize(
    ("version", "as_of", "stored"),
    [
        (8, TODAY, False),  # of later records
        (8, TODAY - timedelta(days=1), False),  # of later records, as they stood the day before
        (7, TODAY + timedelta(days=1), False),  # of the same records a day later
        (7, TODAY, True),
        (7, TODAY - timedelta(days=1), True),
        (6, TODAY + timedelta(days=1), True),
    ],
)
def test_an_older_refresh_never_overwrites_a_newer_one(version: int, as_of: date, stored: bool) -> None:
    habit = ticked(*range(7))
    there = state_of(habit, TODAY)
    there.completions_version, there.as_of, there.streak = version, as_of, 99
    there.save()

    assert refresh_habit_state(habit.pk) is stored

    assert HabitState.objects.get().streak == (7 if stored else 99)


@pytest.mark.django_db(transaction=True)
def test_a_refresh_that_was_overtaken_by_a_tick_leaves_statistics_that_count_as_stale() -> None:
    habit = ticked(1)

    with transaction.atomic():
        services.record_completion(habit=habit, day=TODAY, value=1000)
        assert in_another_session(lambda: refresh_habit_state(habit.pk)) is True  # waits for no tick

    habit.refresh_from_db()
    assert HabitState.objects.get().completions_version == 1
    assert statistics_of(habit, TODAY).streak == 2


def erase(habit: Habit) -> Any:
    """Delete the row itself, as happens half a year after a person has deleted the habit, or with the account."""
    with unsynced():
        return Habit.objects.filter(pk=habit.pk).delete()


@pytest.mark.django_db(transaction=True)
def test_a_habit_that_is_deleted_during_its_refresh_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    habit = ticked(0)

    def delete_then_work_out(habit: Habit, today: date) -> HabitState:
        state = state_of(habit, today)
        in_another_session(lambda: erase(habit))
        return state

    monkeypatch.setattr("analytics.rollups.state_of", delete_then_work_out)

    assert refresh_habit_state(habit.pk) is False
    assert not HabitState.objects.exists()


def test_the_day_is_the_owners() -> None:
    habit = ticked(user__timezone="Pacific/Kiritimati")  # 02:00 of the 11th there

    refresh_habit(habit_id=habit.pk)

    assert HabitState.objects.get().as_of == date(2026, 3, 11)


# --- What is read ----------------------------------------------------------------------------------------------------


def test_fresh_statistics_are_read_and_not_worked_out(django_assert_num_queries: Any) -> None:
    habit = ticked(0)
    refresh_habit(habit_id=habit.pk)
    HabitState.objects.update(streak=42)

    with django_assert_num_queries(1):
        assert statistics_of(habit, TODAY).streak == 42


@pytest.mark.parametrize("stale", ["records", "day", "nothing stored"])
def test_stale_statistics_are_worked_out_and_not_stored(stale: str) -> None:
    habit = ticked(0)
    if stale != "nothing stored":
        refresh_habit(habit_id=habit.pk)
    if stale == "records":
        HabitState.objects.update(streak=42, completions_version=0)
    if stale == "day":
        HabitState.objects.update(streak=42, as_of=TODAY - timedelta(days=1))
    before = list(HabitState.objects.values())

    assert statistics_of(habit, TODAY).streak == 1

    assert list(HabitState.objects.values()) == before


@pytest.mark.parametrize("refreshed", [False, True])
def test_a_phone_sees_the_same_statistics_before_and_after_the_job(refreshed: bool) -> None:
    habit = ticked(1, 2, 3)
    if refreshed:
        refresh_habit(habit_id=habit.pk)
    api = APIClient()
    api.force_authenticate(habit.user)

    stats = api.get(f"/api/v1/habits/{habit.client_id}/stats").json()

    daily = 0.5 ** (1 / 13)  # what is left of the strength after a day without
    assert stats.pop("strength") == pytest.approx((1 - daily**3) * daily)
    assert stats == {
        "as_of": "2026-03-10",
        "streak": {"days": 3, "start": "2026-03-07"},
        "best_streak": {"days": 3, "start": "2026-03-07"},
        "total": 3,
        "done_today": False,
    }


def test_a_habit_without_records_has_statistics_too() -> None:
    habit = HabitFactory()
    api = APIClient()
    api.force_authenticate(habit.user)

    assert api.get(f"/api/v1/habits/{habit.client_id}/stats").json() == {
        "as_of": "2026-03-10",
        "strength": 0.0,
        "streak": {"days": 0, "start": None},
        "best_streak": {"days": 0, "start": None},
        "total": 0,
        "done_today": False,
    }


def test_the_admin_shows_stored_statistics_and_changes_none(client: Client) -> None:
    habit = ticked(0)
    refresh_habit(habit_id=habit.pk)
    client.force_login(get_user_model().objects.create_superuser("root@example.com", "x"))

    listed = client.get("/admin/analytics/habitstate/")
    page = client.get(f"/admin/analytics/habitstate/{habit.pk}/change/")

    assert habit.user.email in listed.content.decode()
    assert 'name="_save"' not in page.content.decode()
    assert client.get("/admin/analytics/habitstate/add/").status_code == 403
