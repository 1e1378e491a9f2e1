"""The facts about a job that is not running come from the ledger."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from focusjobs.jobs import operations
from focusjobs.jobs.domain.explain import Facts
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.interventions import queues
from focusjobs.jobs.looking.explanation import facts_of, why_not_running
from focusjobs.jobs.models import Attempt, Job, Limit, Tally, Worker
from focusjobs.jobs.operations import Actor, Wanted

from .rows import job_in

pytestmark = pytest.mark.django_db

ANA = Actor(name="Ana", source="command")


def live(*queue_names: str, **fields: Any) -> Worker:
    now = timezone.now()
    fields = {"name": "w@h", "host": "h", "pid": 1, "started_at": now, "seen_at": now, **fields}
    return Worker.objects.create(queues=list(queue_names), **fields)


def facts(job: Job) -> Facts:
    return facts_of(job, timezone.now())


def test_a_paused_queue_says_by_whom_why_and_until_when() -> None:
    until = timezone.now() + timedelta(minutes=30)
    operations.pause(ANA, "default", "APNs is away", until)
    why = why_not_running(job_in(State.WAITING), timezone.now())
    assert why.startswith("The queue “default” was paused by Ana: APNs is away. It resumes in 30 minutes")


def test_a_queue_that_nobody_takes() -> None:
    live("imports")
    assert facts(job_in(State.WAITING)).live_workers == 0


def test_those_ahead_are_counted_in_the_order_of_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    live("default")
    job_in(State.WAITING, priority=9)
    job_in(State.WAITING, queue="imports")
    first, second = job_in(State.WAITING, priority=5), job_in(State.WAITING, priority=5)
    job_in(State.WAITING, priority=1)
    assert (facts(first).ahead, facts(second).ahead) == (1, 2)
    monkeypatch.setattr("focusjobs.jobs.looking.explanation.CAP", 1)
    assert (facts(second).ahead, facts(second).ahead_capped) == (1, True)


def test_the_speed_is_that_of_the_last_ten_minutes() -> None:
    live("default")
    job_in(State.WAITING)
    assert facts(job_in(State.WAITING)).speed is None
    Tally.objects.create(minute=timezone.now() - timedelta(minutes=3), task="t", queue="default", completed=1200)
    Tally.objects.create(minute=timezone.now() - timedelta(hours=3), task="t", queue="default", completed=99)
    assert facts(job_in(State.WAITING)).speed == 2.0


def test_a_limit_that_is_used_up_keeps_it_back() -> None:
    live("default")
    queues.set_limits("default", max_active=1)
    job = job_in(State.WAITING)
    assert facts(job).limit == ""
    job_in(State.ACTIVE)
    assert facts(job).limit == "1 at once for the queue “default”, and 1 run"
    queues.set_limits("default")
    Limit.objects.create(key="apns", rate=5, period=timedelta(minutes=1), window_start=Now(), window_used=5)
    limited = job_in(State.WAITING, lane="limited", limit_key="apns")
    assert facts(limited).limit == "5 in 0:01:00 for “apns”, and as many have started"
    Limit.objects.update(window_start=timezone.now() - timedelta(minutes=2))
    assert facts(limited).limit == ""


def test_a_message_that_was_sent() -> None:
    live("default")
    sent = timezone.now() - timedelta(seconds=20)
    assert facts(job_in(State.WAITING, lane="message", published_at=sent)).message_sent_at == sent


def test_an_operation_that_holds_it() -> None:
    job = job_in(State.FAILED)
    operation = operations.act(ANA, Wanted(action="retry", filter="state:failed", reason="why"))
    job.refresh_from_db()
    assert facts(job).held_by == operation.pk
    operations.undo(operation, ANA)
    job.refresh_from_db()
    assert why_not_running(job, timezone.now()).startswith("It ")


def test_being_put_off_is_told_from_failing() -> None:
    job = job_in(State.DELAYED, attempt=1)
    Attempt.objects.create(job=job, number=1, outcome="failed")
    assert facts(job).put_off is False
    Attempt.objects.create(job=job, number=1, outcome="snoozed")
    assert facts(job).put_off is True


def test_a_worker_that_fell_silent() -> None:
    job = job_in(State.ACTIVE)
    Job.objects.update(worker="77@h")
    job.refresh_from_db()
    assert why_not_running(job, timezone.now()) == ""
    worker = live("default", processes=[77])
    assert facts(job).is_worker_gone is False
    Worker.objects.update(seen_at=timezone.now() - timedelta(minutes=4))
    worker.refresh_from_db()
    assert (facts(job).is_worker_gone, facts(job).worker_seen_at) == (True, worker.seen_at)
    assert "is silent, last heard of 4 minutes ago" in why_not_running(job, timezone.now())


def test_an_operators_job_is_explained_in_few_queries(django_assert_max_num_queries: Any) -> None:
    live("default")
    job = job_in(State.WAITING)
    with django_assert_max_num_queries(6):
        why_not_running(job, timezone.now())
