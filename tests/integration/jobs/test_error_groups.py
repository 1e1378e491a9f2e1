"""Groups of errors: attempts that fail for one reason are counted together, and people sort them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from focusjobs.jobs import error_groups, ledger
from focusjobs.jobs.domain.fingerprint import Mistake
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.errors import OperationRefused, QueryError
from focusjobs.jobs.interventions import retry
from focusjobs.jobs.ledger import grouping
from focusjobs.jobs.looking.query import matching
from focusjobs.jobs.models import Attempt, ErrorGroup, ErrorHour, ErrorUser, Job, Operation, Release, Uncounted
from focusjobs.jobs.operations import Actor
from focusjobs.jobs.worker import maintenance
from focusjobs.jobs.worker.pulse import Pulse
from tests import tasks
from tests.factories import UserFactory

from .conftest import claim, ended
from .drains import drain

pytestmark = pytest.mark.django_db

ANA = Actor(name="Ana", source="command")
GONE = Mistake("tests.add", "ValueError", "habit <number> is gone", "tests/tasks.py:add")
OTHER = Mistake("tests.add", "KeyError", "x", "tests/tasks.py:add")


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "_known", {})


def fail(*users: Any, mistake: Mistake = GONE, state: State = State.FAILED) -> list[int]:
    """Let a job of each of these people fail in one attempt; None for a job that is nobody's."""
    for user in users:
        tasks.add.using(user=user).enqueue(x=1, y=2)
    return fail_again(mistake, state)


def fail_again(mistake: Mistake = GONE, state: State = State.FAILED) -> list[int]:
    ends = [ended(held, state, outcome="failed", error="ValueError: no", mistake=mistake) for held in claim(100)]
    return sorted(ledger.finish(ends))


def group(mistake: Mistake = GONE) -> ErrorGroup:
    error_groups.fold()
    return ErrorGroup.objects.get(pk=mistake.fingerprint)


class TestCounting:
    def test_jobs_attempts_and_people_are_counted(self) -> None:
        ana, ben = UserFactory(), UserFactory()
        fail(ana, ana, ben, None)
        found = group()
        assert (found.jobs, found.attempts, found.failed, found.users) == (4, 4, 4, 2)
        assert (found.task, found.exception, found.message, found.frame) == (
            *("tests.add", "ValueError"),
            *("habit <number> is gone", "tests/tasks.py:add"),
        )
        assert (found.last_error, found.state) == ("ValueError: no", "open")

    def test_a_job_that_fails_again_is_one_job_with_two_attempts(self) -> None:
        numbers = fail(UserFactory(), state=State.WAITING)
        fail_again()
        found = group()
        assert (found.jobs, found.attempts, found.failed, found.users) == (1, 2, 1, 1)
        retry(numbers)
        fail_again()
        found = group()
        assert (found.jobs, found.attempts, found.failed, found.users) == (1, 3, 2, 1)

    def test_a_job_has_the_group_of_its_latest_failure_and_each_attempt_its_own(self) -> None:
        (number,) = fail(None, state=State.WAITING)
        fail_again(OTHER)
        assert Job.objects.get(pk=number).error_group_id == OTHER.fingerprint
        assert list(Attempt.objects.values_list("error_group", flat=True)) == [GONE.fingerprint, OTHER.fingerprint]
        assert (group(GONE).jobs, group(OTHER).jobs) == (1, 1)

    def test_a_job_that_completes_after_all_keeps_its_group(self) -> None:
        (number,) = fail(None, state=State.WAITING)
        ledger.finish([ended(held) for held in claim(1)])
        assert Job.objects.get(pk=number).error_group_id == GONE.fingerprint

    def test_each_attempt_is_counted_once(self) -> None:
        fail(None, None)
        assert (error_groups.fold(), error_groups.fold()) == (2, 0)
        assert not Uncounted.objects.exists()
        assert group().attempts == 2

    def test_many_are_counted_in_batches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(error_groups.folding, "BATCH", 2)
        fail(*[None] * 5)
        assert (error_groups.fold(rounds=1), error_groups.fold()) == (2, 3)
        assert group().attempts == 5

    def test_people_beyond_the_cap_are_not_told_apart(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(error_groups.folding, "USERS_CAP", 2)
        fail(*[UserFactory() for _ in range(4)])
        assert group().users == 2
        fail(UserFactory())
        assert group().users == 2
        assert ErrorUser.objects.count() <= 4

    def test_what_a_job_was_of_is_known_by_the_hour(self) -> None:
        fail(None, None)
        error_groups.fold()
        Attempt.objects.update(finished_at=datetime(2026, 3, 1, 8, 59, tzinfo=UTC))
        assert ErrorHour.objects.get().hour.minute == 0
        fail(None)
        Attempt.objects.order_by("-pk")[:1]
        assert [hour.attempts for hour in error_groups.sparkline([group()], hours=3)[GONE.fingerprint]] == [0, 0, 3]

    def test_the_releases_are_known(self, settings: Any) -> None:
        settings.RELEASE = "1.4"
        fail(None)
        assert (group().first_release, group().last_release) == ("1.4", "1.4")
        settings.RELEASE = "1.5"
        fail(None)
        assert (group().first_release, group().last_release) == ("1.4", "1.5")
        assert list(Attempt.objects.order_by("pk").values_list("release", flat=True)) == ["1.4", "1.5"]

    def test_a_group_that_was_forgotten_is_written_down_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        fail(None)
        grouping._remember([GONE.fingerprint], -grouping.REMEMBERED)
        ErrorGroup.objects.all().delete()
        fail(None)
        assert group().attempts == 2

    def test_one_that_this_process_knows_is_not_written_again(self, django_capture_on_commit_callbacks: Any) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            fail(None)
        assert GONE.fingerprint in grouping._known


class TestWhatIsGrouped:
    def test_a_task_that_fails_is_grouped_by_what_it_raises_and_where(self, pulse: Pulse) -> None:
        tasks.fail.using(attempts=1).enqueue(message="habit 1 is gone")
        tasks.fail.using(attempts=1).enqueue(message="habit 22 is gone")
        drain()
        error_groups.fold()
        found = ErrorGroup.objects.get()
        assert (found.jobs, found.exception, found.message) == (2, "RuntimeError", "habit <number> is gone")
        assert found.frame == "tests/tasks.py:fail"

    def test_being_put_off_or_cancelled_is_no_failure(self, pulse: Pulse) -> None:
        tasks.steer.enqueue(how="cancel")
        tasks.steer.enqueue(how="snooze")
        drain()
        assert Attempt.objects.count() == 2
        assert not Uncounted.objects.exists()

    def test_a_job_whose_worker_vanished_too_often_has_a_group(self) -> None:
        tasks.add.enqueue(x=1, y=2)
        for _ in range(4):
            claim(1, lease=timedelta(seconds=-1))
            ledger.reap()
        job = Job.objects.get()
        assert job.state == "failed"
        error_groups.fold()
        found = ErrorGroup.objects.get(pk=job.error_group_id)
        assert (found.exception, found.jobs, found.failed) == ("billiard.exceptions.WorkerLostError", 1, 1)

    def test_housekeeping_counts(self) -> None:
        fail(None)
        maintenance.keep_house()
        assert ErrorGroup.objects.get().attempts == 1


class TestFinding:
    def test_the_filter_takes_a_fingerprint_or_its_beginning(self) -> None:
        (gone,), (other,) = fail(None), fail(None, mistake=OTHER)
        for text in (group(GONE).fingerprint, group(GONE).fingerprint[:6], group(GONE).fingerprint[:6].upper()):
            assert [job.pk for job in matching(f"group:{text}")] == [gone]
        both = f"group:{group(GONE).fingerprint},{group(OTHER).fingerprint}"
        assert {job.pk for job in matching(both)} == {gone, other}

    def test_a_group_is_found_by_its_beginning(self) -> None:
        fail(None)
        fail(None, mistake=OTHER)
        assert error_groups.find(group(GONE).fingerprint[:8]) == group(GONE)
        with pytest.raises(QueryError, match="There is no error group that begins with “0000000”"):
            error_groups.find("0000000")
        now = timezone.now()
        ErrorGroup.objects.create(id=GONE.fingerprint ^ 1, task="t", exception="e", first_seen=now, last_seen=now)
        with pytest.raises(QueryError, match="Several"):
            error_groups.find(group(GONE).fingerprint[:8])

    def test_growing_ones_come_first(self) -> None:
        fail(*[None] * 2)
        fail(*[None] * 3, mistake=OTHER)
        error_groups.fold()
        ErrorHour.objects.create(group=group(GONE), hour=hours_ago(1), attempts=7)
        found = [(it.group.pk, it.now, it.before, it.is_new) for it in error_groups.growing()]
        assert found == [(OTHER.fingerprint, 3, 0, True), (GONE.fingerprint, 2, 7, True)]

    def test_those_that_are_ignored_or_mended_are_not_growing(self) -> None:
        fail(None)
        error_groups.ignore(ANA, group())
        assert error_groups.growing() == []

    def test_samples_are_of_different_jobs(self) -> None:
        fail(None, None, state=State.WAITING)
        fail_again()
        found = error_groups.samples(group())
        assert len({attempt.job_id for attempt in found}) == 2
        assert [attempt.number for attempt in found] == [2, 2]


def hours_ago(hours: int) -> datetime:
    return timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours)


class TestSorting:
    def released(self, *names: str) -> None:
        for place, name in enumerate(names):
            Release.objects.create(name=name, first_seen=timezone.now() - timedelta(days=10 - place))

    @pytest.mark.parametrize(
        ("fixed_in", "release", "state"),
        [
            ("1.5", "1.4", "fixed"),
            ("1.5", "1.5", "open"),
            ("1.5", "1.10", "open"),
            ("abc", "aaa", "fixed"),
            ("abc", "xyz", "open"),
            ("never-seen", "xyz", "fixed"),
        ],
    )
    def test_a_mended_group_comes_back_in_the_release_that_mends_it_or_a_later_one(
        self, settings: Any, fixed_in: str, release: str, state: str
    ) -> None:
        self.released("aaa", "abc", "xyz")
        fail(None)
        error_groups.fix(ANA, group(), fixed_in)
        settings.RELEASE = release
        fail(None)
        found = group()
        assert found.state == state
        assert (found.regressed_in, found.regressed_at is not None) == (
            (release, True) if state == "open" else ("", False)
        )

    def test_without_a_release_it_comes_back_when_an_attempt_fails_that_began_later(self) -> None:
        tasks.add.enqueue(x=1, y=2)
        (held,) = claim(1)
        fail(None)
        error_groups.fix(ANA, group())
        ErrorGroup.objects.update(fixed_at=timezone.now() + timedelta(seconds=5))
        ledger.finish([ended(held, State.FAILED, outcome="failed", mistake=GONE)])
        assert group().state == "fixed"
        ErrorGroup.objects.update(fixed_at=timezone.now() - timedelta(hours=1))
        fail(None)
        assert group().state == "open"

    def test_an_ignored_group_opens_again_when_its_time_is_over(self) -> None:
        fail(None)
        error_groups.ignore(ANA, group(), timezone.now() + timedelta(hours=1))
        fail(None)
        error_groups.open_again()
        assert group().state == "ignored"
        ErrorGroup.objects.update(ignored_until=timezone.now() - timedelta(seconds=1))
        error_groups.open_again()
        assert (group().state, group().ignored_until) == ("open", None)

    def test_one_cannot_be_ignored_until_yesterday(self) -> None:
        fail(None)
        with pytest.raises(OperationRefused, match="a time to come"):
            error_groups.ignore(ANA, group(), timezone.now() - timedelta(days=1))

    def test_who_sorted_what_is_kept(self) -> None:
        fail(None)
        found, ben = group(), UserFactory(email="ben@example.com")
        error_groups.assign(ANA, found, ben)
        error_groups.annotate(ANA, found, "see the outage of Monday")
        error_groups.fix(ANA, found, "1.5", reason="deployed")
        error_groups.reopen(ANA, found)
        kept = list(Operation.objects.order_by("pk").values_list("action", "subject", "actor_name"))
        assert kept == [
            (action, f"group:{found.fingerprint}", "Ana") for action in ("assign", "annotate", "fix", "reopen")
        ]
        found.refresh_from_db()
        assert (found.assignee, found.note, found.state, found.fixed_in) == (
            ben,
            "see the outage of Monday",
            "open",
            "",
        )

    def test_old_groups_without_jobs_are_forgotten_and_others_stay(self) -> None:
        fail(None)
        fail(None, mistake=OTHER)
        error_groups.fold()
        old = timezone.now() - timedelta(days=400)
        ErrorGroup.objects.update(last_seen=old)
        ErrorHour.objects.update(hour=old)
        forget(Job.objects.filter(error_group=OTHER.fingerprint))
        error_groups.forget_old()
        assert list(ErrorGroup.objects.values_list("pk", flat=True)) == [GONE.fingerprint]
        assert not ErrorHour.objects.exists()


def forget(jobs: Iterable[Job]) -> None:
    for job in jobs:
        job.delete()
