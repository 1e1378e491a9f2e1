"""Following changes: what a tick enqueues, and what the job puts right."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from analytics.models import DirtyMark, HabitState, StreakEvent, UserDay
from analytics.rollups.closing import claim, close_batch
from analytics.rollups.following import Followed, follow_changes
from analytics.rollups.marks import take_marks
from analytics.rollups.rebuilding import rebuild
from analytics.tasks import refresh_person
from focusjobs.jobs import interventions, ledger
from focusjobs.jobs.models import Job
from habits import services
from habits.models import Habit, User
from habits.signals import completions_changed
from tests.factories import HabitFactory, UserFactory

from .people import MONDAY, after, at, close, counts, day_of, make_habit, settle, tick

pytestmark = pytest.mark.django_db


def runner(**fields: Any) -> tuple[User, Habit]:
    """A person who has had a habit since Monday."""
    with at(MONDAY):
        user = UserFactory(**fields)
        return user, make_habit(user)


def refreshes() -> list[tuple[str, dict[str, int]]]:
    return list(Job.objects.filter(task="analytics.refresh_person").values_list("state", "arguments").order_by("id"))


def in_another_session(work: Callable[[], Any]) -> threading.Thread:
    """Do something on a database connection of its own."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


# --- What a change enqueues ------------------------------------------------------------------------------------------


def test_a_tick_enqueues_one_job_for_its_owner_and_marks_the_habit() -> None:
    user, habit = runner()
    Job.objects.all().delete()
    with at(MONDAY):
        tick(habit, MONDAY)

    job = Job.objects.get(task="analytics.refresh_person")
    assert (job.queue, job.state, job.arguments, job.user_id) == (
        "statistics",
        "delayed",
        {"user_id": user.pk},
        user.pk,
    )
    assert list(DirtyMark.objects.values_list("habit", "since")) == [(habit.pk, MONDAY)]


def test_changes_before_the_job_starts_share_it_and_the_earliest_day_is_kept() -> None:
    user, habit = runner()
    Job.objects.all().delete()
    with at(after(3)):
        tick(habit, after(2), MONDAY, after(3))

    assert refreshes() == [("delayed", {"user_id": user.pk})]
    assert take_marks(user.pk) == {habit.pk: MONDAY}


def test_another_rule_outdates_every_day_whatever_was_marked_before_and_after() -> None:
    user, habit = runner()
    with at(after(1)):
        tick(habit, after(1))
        services.update_habit(habit=habit, weekdays=31)
        tick(habit, MONDAY)

    assert take_marks(user.pk) == {habit.pk: None}
    assert take_marks(user.pk) == {}


@pytest.mark.parametrize("fields", [{"name": "Run far"}, {"color": "#00ff00"}, {"position": 7.0}])
def test_what_statistics_do_not_hang_on_enqueues_nothing(fields: Any) -> None:
    _, habit = runner()
    Job.objects.all().delete()

    services.update_habit(habit=habit, **fields)

    assert (refreshes(), DirtyMark.objects.count()) == ([], 0)


def test_a_tick_after_the_job_has_started_gets_a_job_of_its_own() -> None:
    user, habit = runner()
    Job.objects.all().delete()
    with at(MONDAY):
        tick(habit, MONDAY)
        interventions.promote([Job.objects.get().pk])
        ledger.claim("statistics", 1, "a worker", timedelta(seconds=30))
        tick(habit, MONDAY, value=0)

    assert refreshes() == [("active", {"user_id": user.pk}), ("delayed", {"user_id": user.pk})]


def test_many_habits_are_marked_and_followed_with_two_statements(django_assert_num_queries: Any) -> None:
    user = UserFactory()
    habits = [HabitFactory(user=user).pk for _ in range(3)]
    since = dict.fromkeys([*habits, habits[0]], MONDAY)

    with django_assert_num_queries(1):  # the marks go past Django's log of statements
        completions_changed.send(sender=Habit, habit_ids=list(since), user_id=user.pk, since=since)

    assert DirtyMark.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_tick_that_is_rolled_back_leaves_no_job() -> None:
    _, habit = runner()
    Job.objects.all().delete()

    with transaction.atomic(), at(MONDAY):
        tick(habit, MONDAY)
        transaction.set_rollback(True)

    assert (refreshes(), DirtyMark.objects.count()) == ([], 0)


@pytest.mark.django_db(transaction=True)
def test_a_job_that_a_tick_relies_on_is_not_started_before_the_tick_is_committed() -> None:
    """Otherwise it could read the records without that tick, and no other job would follow."""
    _, habit = runner()  # has enqueued the job that the tick finds
    interventions.promote(Job.objects.values_list("pk", flat=True))
    taken: list[int] = []

    def claim_jobs() -> None:
        taken.append(len(ledger.claim("statistics", 10, "a worker", timedelta(seconds=30))))

    with transaction.atomic():
        with at(MONDAY):
            tick(habit, MONDAY)
        in_another_session(claim_jobs).join(timeout=30)
    in_another_session(claim_jobs).join(timeout=30)

    assert taken == [0, 1]


# --- What the job puts right -----------------------------------------------------------------------------------------


def test_a_late_tick_changes_only_its_own_day_and_the_strength_of_those_after_it() -> None:
    user, habit = runner()
    with at(after(1)):
        other = make_habit(user, name="Read")
    with at(after(5)):
        close()
        before = {row.day: row for row in UserDay.objects.filter(user=user)}
        tick(habit, after(2))
        assert follow_changes(user.pk) == Followed(habits=1, days=3)

    assert counts(user, after(2)) == (2, 1, 0, 1, 0)
    assert day_of(user, after(1)).by_habit == before[after(1)].by_habit
    assert day_of(user, after(4)).by_habit[habit.pk][1] > before[after(4)].by_habit[habit.pk][1]
    assert day_of(user, after(4)).by_habit[other.pk] == before[after(4)].by_habit[other.pk]


def test_a_tick_of_the_open_day_touches_no_closed_day() -> None:
    user, habit = runner()
    with at(after(3)):
        close()
        tick(habit, after(3))
        assert follow_changes(user.pk) == Followed(habits=1, days=0)


def test_following_twice_changes_nothing() -> None:
    user, habit = runner()
    with at(after(3)):
        close()
        tick(habit, after(1))
        follow_changes(user.pk)
        before = list(HabitState.objects.values()), list(UserDay.objects.values())
        assert follow_changes(user.pk) == Followed()

    assert (list(HabitState.objects.values()), list(UserDay.objects.values())) == before


def test_a_late_tick_joins_two_streaks_and_takes_the_break_back() -> None:
    user, habit = runner()
    with at(after(9)):
        tick(habit, *(after(n) for n in (0, 1, 2, 4, 5, 6, 7, 8)))
        settle(user)
        close()
        events = StreakEvent.objects.order_by("day").values_list("day", "kind", "days")
        assert list(events.all()) == [(after(3), "broken", 3)]
        assert day_of(user, after(3)).broken == 1

        tick(habit, after(3))
        settle(user)

    assert list(events.all()) == [(after(6), "milestone", 7)]
    assert day_of(user, after(3)).broken == 0
    assert (HabitState.objects.get().streak, HabitState.objects.get().streak_start) == (9, MONDAY)


def test_records_from_before_the_account_become_days_of_their_own() -> None:
    user, habit = runner()
    with at(after(1)):
        tick(habit, date(2025, 12, 31), after(-3))
        settle(user)

    assert counts(user, date(2025, 12, 31)) == (1, 1, 0, 0, 0)
    assert counts(user, after(-4)) == (1, 0, 0, 1, 0)
    assert UserDay.objects.count() == (after(-1) - date(2025, 12, 31)).days + 1


def test_a_deleted_habit_leaves_every_day_and_comes_back_with_them() -> None:
    user, habit = runner()
    with at(after(2)):
        tick(habit, MONDAY)
        settle(user)
        close()
        before = [(row.day, row.by_habit) for row in UserDay.objects.order_by("day")]
        services.delete_habit(habit=habit)
        settle(user)
        assert (UserDay.objects.count(), HabitState.objects.count()) == (0, 0)
        services.restore_habit(user=user, client_id=habit.client_id)
        settle(user)

    assert [(row.day, row.by_habit) for row in UserDay.objects.order_by("day")] == before


def test_a_new_rule_counts_for_every_day() -> None:
    user, habit = runner()
    with at(after(7)):
        tick(habit, after(1))
        settle(user)
        close()
        services.update_habit(habit=habit, freq_num=1, freq_den=7)
        settle(user)

    assert [counts(user, after(n))[:2] for n in range(4)] == [(1, 0), (1, 1), (0, 0), (0, 0)]


def test_a_day_that_a_close_was_not_sure_of_is_put_right_also_where_only_a_later_one_is_marked() -> None:
    user, habit = runner()
    with at(MONDAY):
        services.update_habit(habit=habit, freq_num=1, freq_den=30)
        settle(user)
    with at(after(2)):
        tick(habit, MONDAY)
        settle(user)
        DirtyMark.objects.all().delete()
        HabitState.objects.update(unsure_since=MONDAY, covered_until=None)
        close()
        assert counts(user, after(1))[:2] == (1, 0)  # by what the state says of the tick on Monday
        tick(habit, after(2), value=0)
        settle(user)

    assert counts(user, after(1))[:2] == (0, 0)
    assert HabitState.objects.get().unsure_since is None


def test_a_day_that_a_close_was_not_sure_of_is_put_right_although_its_habit_is_archived_by_then() -> None:
    user, habit = runner()
    with at(MONDAY):
        services.update_habit(habit=habit, freq_num=1, freq_den=30)
        settle(user)
    with at(after(2)):  # nothing is closed yet
        tick(habit, after(1))
        services.update_habit(habit=habit, archived=True)
        settle(user)
        close()
        assert HabitState.objects.get().unsure_since is not None
    with at(after(4)):
        close()
        settle(user)

    assert HabitState.objects.get().unsure_since is None
    found = rebuild(user.pk)
    assert found is not None
    assert found.differences == []


def test_somebody_who_is_gone_is_no_error() -> None:
    refresh_person(user_id=404)


# --- Races -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_tick_that_commits_after_the_close_has_looked_is_put_right_by_its_job() -> None:
    user, habit = runner()
    with transaction.atomic(), at(MONDAY, 23, 59):
        tick(habit, MONDAY)
        with at(after(1)):
            closing = in_another_session(close)
            closing.join(timeout=30)
            assert not closing.is_alive()  # waits for no tick
    assert counts(user, MONDAY) == (1, 0, 0, 1, 0)

    with at(after(1)):
        settle(user)

    assert counts(user, MONDAY) == (1, 1, 0, 0, 0)
    assert HabitState.objects.get().streak == 1


@pytest.mark.django_db(transaction=True)
def test_a_close_sees_what_was_committed_between_its_claim_and_its_work() -> None:
    """The job of such a tick may have run already, and found the day open."""
    user, habit = runner()
    now = timezone.now()
    with at(after(1)), transaction.atomic():
        now = timezone.now()
        assert [one.user_id for one in claim(now, 10)] == [user.pk]
        recording = in_another_session(lambda: tick(habit, MONDAY))
        recording.join(timeout=30)
        close_batch(now, 10)

    assert counts(user, MONDAY) == (1, 1, 0, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_whoever_is_being_put_right_is_closed_by_a_later_batch() -> None:
    held, other = runner()[0], runner()[0]
    with at(after(1)):
        with transaction.atomic():
            follow_changes(held.pk)
            closing = in_another_session(close)
            closing.join(timeout=30)
            assert list(UserDay.objects.values_list("user", flat=True)) == [other.pk]
        close()

    assert set(UserDay.objects.values_list("user", flat=True)) == {held.pk, other.pk}


@pytest.mark.django_db(transaction=True)
def test_a_tick_does_not_wait_while_the_job_of_an_earlier_one_works() -> None:
    user, habit = runner()
    with at(after(1)):
        tick(habit, MONDAY)
        with transaction.atomic():
            follow_changes(user.pk)
            ticking = in_another_session(lambda: tick(habit, after(1)))
            ticking.join(timeout=30)
            assert not ticking.is_alive()

    assert take_marks(user.pk) == {habit.pk: after(1)}
