"""What operators do to queues."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from django.utils import timezone

from focusjobs.jobs import ledger
from focusjobs.jobs.errors import OperationRefused, UnknownQueue
from focusjobs.jobs.interventions import queues
from focusjobs.jobs.models import Queue
from focusjobs.jobs.worker.maintenance import keep_house
from tests.integration.jobs.conftest import LEASE, claim
from tests.integration.jobs.rows import State, job_in

pytestmark = pytest.mark.django_db

OnCommit = Callable[..., Any]


def limited(limit: int = 10) -> list[int]:
    return [held.id for held in ledger.claim_limited("default", limit, "w", LEASE)[0]]


def test_a_paused_queue_gives_no_job_until_it_is_resumed(
    bells: redis.Redis, django_capture_on_commit_callbacks: OnCommit
) -> None:
    job = job_in(State.WAITING)
    queues.pause("default", by="ana", reason="APNs is down")
    assert (claim(), limited()) == ([], [])
    with django_capture_on_commit_callbacks(execute=True):
        assert queues.resume("default")
    assert bells.llen("default") == 1
    assert [held.id for held in claim()] == [job.pk]


def test_who_paused_a_queue_why_and_until_when_is_kept_while_it_is_paused() -> None:
    until = datetime(2200, 1, 1, tzinfo=UTC)
    queues.pause("default", by="ana", reason="APNs is down", resume_at=until)
    first = Queue.objects.get()
    assert (first.paused_by, first.pause_reason, first.resume_at) == ("ana", "APNs is down", until)
    queues.pause("default", by="ben", reason="still down")
    again = Queue.objects.get()
    assert (again.paused_at, again.paused_by, again.pause_reason, again.resume_at) == (
        first.paused_at,
        "ben",
        "still down",
        None,
    )
    queues.resume("default")
    resumed = Queue.objects.get()
    assert (resumed.paused_at, resumed.paused_by, resumed.pause_reason, resumed.resume_at) == (None, "", "", None)


def test_resuming_a_queue_that_runs_says_so() -> None:
    assert not queues.resume("default")
    queues.set_limits("default", max_active=1)
    assert not queues.resume("default")


def test_housekeeping_resumes_a_queue_whose_pause_is_over_and_rings_it(bells: redis.Redis) -> None:
    job_in(State.WAITING)
    queues.pause("default", by="ana", resume_at=timezone.now() - timedelta(seconds=1))
    queues.pause("imports", by="ana", resume_at=timezone.now() + timedelta(hours=1))
    keep_house()
    assert list(Queue.objects.filter(paused_at=None).values_list("name", flat=True)) == ["default"]
    assert bells.llen("default") == 1


def test_a_limit_on_how_many_run_at_once_holds_and_can_be_changed_and_taken_away() -> None:
    for _ in range(5):
        job_in(State.WAITING)
    queues.set_limits("default", max_active=2)
    assert (len(claim(5)), len(limited()), len(limited())) == (0, 2, 0)
    queues.set_limits("default", max_active=3)
    assert len(limited()) == 1
    queues.set_limits("default")
    assert len(claim(5)) == 2


def test_a_rate_holds_for_its_period_and_a_new_one_counts_from_the_start() -> None:
    for _ in range(5):
        job_in(State.WAITING)
    queues.set_limits("default", rate=2, period=timedelta(hours=1))
    assert (len(limited()), len(limited())) == (2, 0)
    queues.set_limits("default", rate=1, period=timedelta(hours=1))
    assert (len(limited()), len(limited())) == (1, 0)


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ({"max_active": 0}, "max_active is 1 or more, not 0"),
        ({"max_active": -1}, "max_active is 1 or more"),
        ({"max_active": float("nan")}, "max_active is 1 or more, not nan"),
        ({"rate": 0, "period": timedelta(1)}, "rate is 1 or more"),
        ({"rate": 1}, "A rate needs a period"),
        ({"period": timedelta(1)}, "a period a rate"),
        ({"rate": 1, "period": timedelta(0)}, "A period is longer than nothing"),
    ],
)
def test_limits_that_would_let_nothing_run_are_refused(limits: dict[str, Any], why: str) -> None:
    with pytest.raises(OperationRefused, match=why):
        queues.set_limits("default", **limits)


@pytest.mark.parametrize(
    "act", [lambda: queues.pause("nope", by="ana"), lambda: queues.set_limits("nope", max_active=1)]
)
def test_a_queue_that_nobody_knows_is_refused(act: Callable[[], None]) -> None:
    with pytest.raises(UnknownQueue, match="There is no queue “nope”; JOBS_QUEUES has default"):
        act()


def test_a_pause_until_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(OperationRefused, match="needs a time zone"):
        queues.pause("default", by="ana", resume_at=datetime(2030, 1, 1))  # noqa: DTZ001 - the point of the test
