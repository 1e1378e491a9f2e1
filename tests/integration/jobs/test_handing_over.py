"""Jobs that are handed to a process which stands by: written as claimed by it, and sent there after the commit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
from django.db import transaction

from focusjobs.jobs import Limit, ledger, task
from focusjobs.jobs.interventions import queues
from focusjobs.jobs.ledger import handing_over
from focusjobs.jobs.models import Job
from focusjobs.jobs.telling import wakeups
from focusjobs.jobs.worker import drain as worker
from focusjobs.jobs.worker import standby
from focusjobs.jobs.worker.pulse import Pulse
from tests import tasks

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("pulse")]


@pytest.fixture
def post(bells: redis.Redis) -> Iterator[standby.Post]:
    """A process that stands by for the queue `default`, and looks at its bells when the test does."""
    roster = standby.Roster("node")
    roster.publish(["default"])
    taken = roster.take_post("7@host")
    assert taken is not None
    with taken.presence():
        taken._renew()
        yield taken
    taken._leave()


def rung(post: standby.Post) -> list[str | ledger.Claim]:
    """What has come for a post, the oldest first; it stands by no longer."""
    return list(post._last_bells())


def state(number: int) -> str:
    return Job.objects.get(pk=number).state


def test_a_single_job_is_handed_over_claimed_for_the_one_who_stands_by(post: standby.Post) -> None:
    made = tasks.add.enqueue(x=1, y=2)
    (claim,) = rung(post)
    assert isinstance(claim, ledger.Claim)
    assert (claim.id, claim.attempt, json.loads(claim.arguments), claim.more) == (made.id, 1, {"x": 1, "y": 2}, False)
    job = Job.objects.get(pk=made.id)
    assert (job.state, job.worker, job.fence) == ("active", "7@host", claim.fence)


def test_nothing_is_handed_over_before_the_commit_and_nothing_after_a_rollback(post: standby.Post) -> None:
    with transaction.atomic():
        tasks.add.enqueue(x=1, y=2)
        assert wakeups.client().llen(wakeups.bell_of(post.member)) == 0
        transaction.set_rollback(True)
    assert rung(post) == []


def test_a_job_that_was_handed_over_is_run_and_its_short_lease_prolonged(
    post: standby.Post, pulse: Pulse, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tasks.add.enqueue(x=1, y=2)
    leases: list[timedelta] = []

    def look(x: int, y: int) -> None:
        before = Job.objects.get(pk=made.id).leased_until
        pulse.beat()
        after = Job.objects.get(pk=made.id).leased_until
        assert before is not None
        assert after is not None
        leases.append(after - before)

    monkeypatch.setattr(tasks.add, "run", look)
    (claim,) = rung(post)
    assert worker.drain(claim) == 1
    assert state(made.id) == "completed"
    assert leases[0] > timedelta(seconds=20)


def test_a_job_that_never_arrives_waits_again_once_its_first_lease_is_over(post: standby.Post) -> None:
    made = tasks.add.enqueue(x=1, y=2)
    wakeups.client().flushdb()
    Job.objects.filter(pk=made.id).update(leased_until="2020-01-01T00:00:00Z")
    assert ledger.reap() == ["default"]
    assert state(made.id) == "waiting"


def test_nothing_is_handed_to_a_process_that_has_died(bells: redis.Redis) -> None:
    dead = standby.Post("focusjobs:post:node", "7@host|x,default,", "focusjobs:queues:node")
    dead._renew()
    made = tasks.add.enqueue(x=1, y=2)
    assert state(made.id) == "waiting"
    assert bells.llen("default") == 1


def test_the_first_lease_is_seconds_long(post: standby.Post) -> None:
    job = Job.objects.get(pk=tasks.add.enqueue(x=1, y=2).id)
    assert job.leased_until is not None
    assert job.started_at is not None
    assert abs(job.leased_until - job.started_at - timedelta(seconds=3)) < timedelta(milliseconds=50)


def test_many_jobs_are_rung_for_and_not_handed_over(post: standby.Post) -> None:
    made = tasks.add.enqueue_many({"x": x, "y": 0} for x in range(3))
    assert rung(post) == ["default"]
    assert {state(job.id) for job in made} == {"waiting"}


def test_delayed_and_limited_jobs_are_not_handed_over(post: standby.Post) -> None:
    @task(limit=Limit(key="k", at_once=1), name="tests.limited_hand_over")
    def limited() -> None: ...

    jobs = [limited.enqueue(), tasks.add.using(run_after=timedelta(hours=1)).enqueue(x=1, y=2)]
    assert [state(job.id) for job in jobs] == ["waiting", "delayed"]


def test_a_job_of_a_paused_queue_is_not_handed_over(post: standby.Post) -> None:
    queues.pause("default", by="ana", reason="looking")
    made = tasks.add.enqueue(x=1, y=2)
    assert rung(post) == []
    assert state(made.id) == "waiting"


def test_a_job_does_not_overtake_one_that_waits(post: standby.Post, bells: redis.Redis) -> None:
    Job.objects.create(task="tests.add", queue="default", arguments={"x": 1, "y": 1})
    second = tasks.add.enqueue(x=2, y=2)
    assert rung(post) == []
    assert state(second.id) == "waiting"
    assert bells.llen("default") == 1


def test_a_job_whose_transaction_took_long_is_given_back_and_not_sent(
    post: standby.Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handing_over, "FIRST_LEASE", timedelta(0))
    job = Job.objects.get(pk=tasks.add.enqueue(x=1, y=2).id)
    assert rung(post) == []
    assert (job.state, job.attempt, job.stalls) == ("waiting", 0, 0)


def test_redis_is_not_asked_again_at_once_where_it_did_not_answer(
    post: standby.Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def fail(**_: object) -> None:
        asked.append("who stands by?")
        raise redis.ConnectionError("gone")

    monkeypatch.setattr(wakeups, "_reserver", lambda: fail)
    monkeypatch.setattr(wakeups, "_silence", wakeups.Silence())
    made = [tasks.add.enqueue(x=x, y=0) for x in range(3)]
    assert [state(job.id) for job in made] == ["waiting"] * 3
    assert len(asked) == 1


def test_without_anybody_who_stands_by_a_celery_message_is_sent(bells: redis.Redis) -> None:
    made = tasks.add.enqueue(x=1, y=2)
    assert bells.llen("default") == 1
    assert state(made.id) == "waiting"


def test_a_job_that_cannot_be_delivered_is_given_back(post: standby.Post, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(member: str, message: str) -> None:
        raise redis.ConnectionError("gone")

    monkeypatch.setattr(wakeups, "deliver", fail)
    made = tasks.add.enqueue(x=1, y=2)
    job = Job.objects.get(pk=made.id)
    assert (job.state, job.attempt, job.stalls) == ("waiting", 0, 0)


def test_who_stands_by_is_handed_one_job_at_a_time(post: standby.Post) -> None:
    made = [tasks.add.enqueue(x=x, y=0) for x in range(2)]
    assert [state(job.id) for job in made] == ["active", "waiting"]
    assert len(rung(post)) == 1
