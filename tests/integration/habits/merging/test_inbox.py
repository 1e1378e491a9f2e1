"""The inbox: each push is merged once, by whoever comes first; one that cannot be merged stops nobody."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from focusjobs.jobs import Snooze
from focusjobs.jobs.models import Job
from focusjobs.jobs.worker.drain import drain as work
from habits.merging import Busy, DeletedCompletion, Drained, Merging, Write, drain, merge_now
from habits.merging.writes import from_json, to_json
from habits.models import Completion, Habit, SyncPush, User
from habits.tasks import merge_pushes, sweep_pushes
from tests.factories import HabitFactory, UserFactory
from tests.holding import waiting_backends
from tests.integration.habits.merging.writing import DAY, day, edit, habit_of, merge, row, version
from tests.integration.habits.phones import busy
from tests.integration.jobs.conftest import pulse  # noqa: F401 - the worker of this test uses no thread of its own
from tests.threads import beside
from tests.workers import eventually

T = TypeVar("T")

pytestmark = pytest.mark.django_db

TOMORROW = DAY + timedelta(days=1)


@pytest.fixture
def user(db: Any) -> User:
    return HabitFactory(client_id="run", name="Run").user


@pytest.fixture
def user_for_others(transactional_db: Any) -> User:
    """A person whom other connections see too."""
    return HabitFactory(client_id="run", name="Run").user


def push(user: User, *writes: Write, device: str = "a", cursor: int = 0, age: timedelta = timedelta()) -> SyncPush:
    return SyncPush.objects.create(
        user=user,
        key=uuid.uuid4(),
        body_hash=b"",
        device=device,
        cursor=cursor,
        writes=to_json(writes),
        received_at=timezone.now() - age,
    )


def states(user: User) -> list[tuple[str, int | None]]:
    return [(found.state, found.merged_version) for found in SyncPush.objects.filter(user=user).order_by("id")]


# --- One after the other ---------------------------------------------------------------------------------------------


def test_pushes_that_wait_are_merged_together_and_each_knows_at_which_version(user: User) -> None:
    first, second = push(user, day(ms=5, value=1000)), push(user, day(ms=6, device="b", value=0), device="b")

    drained = drain(user.pk)

    assert drained == Drained(version(user), frozenset({first.pk, second.pk}))
    assert states(user) == [("done", 2), ("done", 2)]
    assert (row(user).value, row(user).version) == (0, 2)
    assert all(SyncPush.objects.values_list("merged_at", flat=True))


def test_an_empty_inbox_costs_one_look(user: User, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert drain(user.pk) is None


def test_a_push_without_effect_is_done_at_the_version_that_is(user: User) -> None:
    merge(user, day(ms=5, value=1000))
    push(user, day(ms=5, value=1000))

    assert drain(user.pk) == Drained(2, frozenset(SyncPush.objects.values_list("pk", flat=True)))

    assert states(user) == [("done", 2)]
    assert version(user) == 2


def test_pushes_of_others_are_left_to_their_own_drain(user: User) -> None:
    other = HabitFactory(client_id="run").user
    push(other, day(ms=5, value=1000))

    drain(user.pk)

    assert states(other) == [("queued", None)]


def test_what_a_push_had_seen_goes_with_it(user: User) -> None:
    """The second device wrote its note without having seen the first one's."""
    push(user, day(ms=5, note="early"))
    push(user, day(ms=6, device="b", note="late"), device="b", cursor=1)

    drain(user.pk)

    assert list(user.lost_texts.values_list("lost", "kept")) == [("early", "late")]


def test_writes_are_the_same_after_their_time_in_the_inbox(user: User) -> None:
    writes = [
        edit(ms=5, name="Run", freq_num=3, freq_den=7, reminder_time="07:30", archived=True, target_value=2.5),
        day(ms=5, slot="a", value=2500, note="ä", recorded_ms=7, zone="Europe/Berlin", note_edited=False, altered=True),
        DeletedCompletion(id="x", ms=6, device="b"),
    ]
    kept = push(user, *writes)

    kept.refresh_from_db()
    assert from_json(kept.writes) == writes


# --- What cannot be merged -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ([day("unknown", ms=5, value=1000)], "UnknownHabit: Habits ['unknown'] do not exist."),
        ([day(ms=5, value=2**70)], "DataError: "),
        ([edit(ms=5, name="No", weekdays=0)], "IntegrityError: "),
    ],
    ids=["a habit that is not there", "a number that no column can hold", "what a constraint refuses"],
)
def test_a_push_that_cannot_be_merged_stays_and_stops_no_other(
    user: User, bad: list[Write], error: str, caplog: pytest.LogCaptureFixture
) -> None:
    push(user, day(ms=5, value=1000))
    failing = push(user, edit(ms=9, device="b", name="Half"), *bad, device="b")
    push(user, day(on=TOMORROW, ms=6, value=0))

    drained = drain(user.pk)

    assert [state for state, _ in states(user)] == ["done", "failed", "done"]
    assert failing.pk not in drained.merged
    failing.refresh_from_db()
    assert failing.error.startswith(error)
    assert failing.failed_at is not None
    assert (row(user).value, row(user, TOMORROW).value, habit_of(user).name) == (1000, 0, "Run")
    said = f"Push {failing.key} cannot be merged and stays in the inbox: {error}"
    assert [record.message.startswith(said) for record in caplog.records] == [True]
    assert "Failing row" not in caplog.text + failing.error


def test_a_push_that_failed_is_not_tried_again_by_itself(user: User, caplog: pytest.LogCaptureFixture) -> None:
    push(user, day("unknown", ms=5, value=1000))
    drain(user.pk)
    HabitFactory(user=user, client_id="unknown")

    assert drain(user.pk) is None

    assert states(user) == [("failed", None)]
    assert len(caplog.records) == 1


def test_a_push_whose_merge_alone_fails_leaves_the_version(user: User) -> None:
    push(user, day("unknown", ms=5, value=1000))

    assert drain(user.pk) == Drained(1, frozenset())

    assert version(user) == 1
    assert not Completion.objects.exists()


def test_a_database_that_gives_up_is_no_fault_of_the_push(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    push(user, day(ms=5, value=1000))

    def give_up(*_: Any, **__: Any) -> None:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(Merging, "merge", give_up)
    with pytest.raises(OperationalError, match="the connection is lost"):
        drain(user.pk)

    assert states(user) == [("queued", None)]


# --- Several at once -------------------------------------------------------------------------------------------------


def all_in_wait(work: Callable[[], T], times: int, user: User) -> list[T]:
    """Do something several times at once, all of them in wait for the person's lock, and give the results."""
    with transaction.atomic(), Merging(user.pk):
        results = [beside(work) for _ in range(times)]
        eventually(lambda: len(waiting_backends()) == times)
    return [result() for result in results]


def test_two_drains_at_once_merge_each_push_once(user_for_others: User, monkeypatch: pytest.MonkeyPatch) -> None:
    user, merged, counting = user_for_others, [], threading.Lock()
    for ms in range(1, 6):
        push(user, day(ms=ms, value=1000 * (ms % 2)))
    merge_one = Merging.merge

    def count(session: Merging, writes: Iterable[Write], **more: Any) -> None:
        writes = list(writes)
        with counting:
            merged.extend(write.ms for write in writes)
        merge_one(session, writes, **more)

    monkeypatch.setattr(Merging, "merge", count)

    drained = all_in_wait(lambda: drain(user.pk), 2, user)

    assert merged == [1, 2, 3, 4, 5]
    assert sorted(len(found.merged) for found in drained) == [0, 5]
    assert {found.version for found in drained} == {2}
    assert states(user) == [("done", 2)] * 5
    assert (row(user).value_ms, version(user)) == (5, 2)


def test_edits_at_once_each_get_a_version_of_their_own(user_for_others: User) -> None:
    user, stamps = user_for_others, iter(range(1, 9))

    all_in_wait(lambda: merge_now(user.pk, [day(ms=next(stamps), value=1000)]), 8, user)

    assert version(user) == row(user).version == 9
    assert row(user).value_ms == 8


def test_one_who_cannot_wait_is_told_that_the_lock_is_taken(user_for_others: User) -> None:
    user = user_for_others
    push(user, day(ms=5, value=1000))

    with busy(user), pytest.raises(Busy, match=r"Another process has been merging for 0\.05 s\."):
        drain(user.pk, patience=timedelta(milliseconds=50))

    assert states(user) == [("queued", None)]
    drain(user.pk)
    assert states(user) == [("done", 2)]


def test_the_patience_of_one_drain_is_not_that_of_the_next(user_for_others: User) -> None:
    push(user_for_others, day(ms=5, value=1000))

    drain(user_for_others.pk, patience=timedelta(milliseconds=50))

    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


def test_nobody_waits_for_the_edits_of_somebody_else(user_for_others: User) -> None:
    other = HabitFactory(client_id="run").user
    push(other, day(ms=5, value=1000))

    with busy(user_for_others):
        drain(other.pk, patience=timedelta(seconds=20))

    assert states(other) == [("done", 2)]


# --- Jobs ------------------------------------------------------------------------------------------------------------


def test_a_job_that_meets_another_process_comes_back_later(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def meet(*_: Any, **__: Any) -> None:
        raise Busy("Another process has been merging for 10 s.")

    monkeypatch.setattr("habits.tasks.drain", meet)

    with pytest.raises(Snooze):
        merge_pushes(user_id=user.pk)


@pytest.mark.usefixtures("pulse")
def test_the_sweep_has_pushes_merged_that_were_left_behind(transactional_db: Any) -> None:
    late, fresh, done = (HabitFactory(client_id="run").user for _ in range(3))
    push(late, day(ms=5, value=1000), age=timedelta(seconds=31))
    push(late, day(on=TOMORROW, ms=5, value=1000), age=timedelta(hours=2))
    push(fresh, day(ms=5, value=1000), age=timedelta(seconds=5))
    push(done, day(ms=5, value=1000), age=timedelta(hours=2))
    drain(done.pk)

    assert sweep_pushes() == 1
    assert sweep_pushes() == 1  # and still one job

    jobs = Job.objects.filter(task="habits.merge_pushes")
    assert [job.arguments for job in jobs] == [{"user_id": late.pk}]
    work("default")
    assert [job.state for job in jobs.all()] == ["completed"]
    assert states(late) == [("done", 2)] * 2
    assert states(fresh) == [("queued", None)]


def test_the_sweep_leaves_what_has_failed(user: User) -> None:
    push(user, day("unknown", ms=5, value=1000), age=timedelta(hours=2))
    drain(user.pk)

    assert sweep_pushes() == 0

    assert not Job.objects.filter(task="habits.merge_pushes").exists()


def test_a_push_of_an_account_that_is_gone_merges_nothing(db: Any) -> None:
    user = UserFactory()
    push(user, edit(ms=5, name="Run"))
    number = user.pk
    user.delete()

    merge_pushes(user_id=number)

    assert not Habit.objects.exists()
