"""Events: a capped stream of what happens to jobs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from django.db import transaction
from pytest_django import Settings

from focusjobs.jobs import ledger
from focusjobs.jobs.context import JobContext
from focusjobs.jobs.telling import events, wakeups
from focusjobs.jobs.telling.events import Event, Follower, Kind, follow, publish
from focusjobs.jobs.worker import drain as worker
from focusjobs.jobs.worker.pulse import Pulse
from tests import tasks

from .conftest import claim, claim_one, ended

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pulse", "bells", "heard")]


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """No silence is left over from another test."""
    monkeypatch.setattr(events, "_silence", wakeups.Silence())


@pytest.fixture
def no_redis(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Redis is away; each try to use it is noted."""
    tries: list[int] = []

    class Absent(redis.Redis):
        def execute_command(self, *args: Any, **options: Any) -> Any:
            tries.append(1)
            raise redis.ConnectionError("away")

    monkeypatch.setattr(wakeups, "client", lambda: Absent())
    return tries


def all_told(since: str = "0") -> list[Event]:
    """Give what the stream holds."""
    told: list[Event] = []
    with Follower(since) as follower:
        while news := follower.read(0.01):
            told += news
    return told


def told(since: str = "0") -> list[tuple[Kind, int | None, Any]]:
    return [(event.kind, event.job_id, event.detail) for event in all_told(since)]


def work_off() -> None:
    while worker.drain("default"):
        pass


# --- What is told ----------------------------------------------------------------------------------------------------


def test_a_group_of_successes_is_told_in_one_entry(bells: redis.Redis, pulse: Pulse) -> None:
    made = [tasks.add.enqueue(x=1, y=1).id for _ in range(3)]
    held = claim(3)
    worker.finish([ended(one) for one in held], pulse)
    assert told() == [(Kind.COMPLETED, number, None) for number in made]
    assert bells.xlen(events.STREAM) == 1


def test_each_failed_attempt_is_told_with_its_error_and_the_last_as_a_failure() -> None:
    number = tasks.fail.enqueue(message="no").id
    work_off()
    error = "RuntimeError: no"
    assert told() == [(Kind.RETRYING, number, error), (Kind.RETRYING, number, error), (Kind.FAILED, number, error)]


def test_a_job_that_steers_itself_is_told_as_snoozed_or_cancelled() -> None:
    cancelled = tasks.steer.enqueue(how="cancel").id
    snoozed = tasks.steer.enqueue(how="snooze").id
    work_off()
    assert {(kind, number) for kind, number, _ in told()} == {(Kind.CANCELLED, cancelled), (Kind.SNOOZED, snoozed)}


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_worker_vanished_is_told_as_stalled_after_the_commit() -> None:
    number = tasks.add.enqueue(x=1, y=1).id
    claim_one(lease=timedelta(seconds=-1))
    with transaction.atomic():
        ledger.reap()
        assert told() == []
    assert told() == [(Kind.STALLED, number, "The worker vanished in the middle of this job.")]


def test_progress_is_told_with_the_pulse(pulse: Pulse) -> None:
    number = tasks.add.enqueue(x=1, y=1).id
    held, context = claim_one(), JobContext(number)
    pulse.hold([held])
    pulse.watch(held, context)
    context.progress(1, 2, "half")
    pulse.beat()
    pulse.beat()
    assert told() == [(Kind.PROGRESS, number, {"done": 1, "total": 2, "note": "half"})]


def test_an_event_says_when_it_was_told() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    publish([(Kind.COMPLETED, [1], None)])
    assert before <= all_told()[0].at <= datetime.now(UTC)


def test_nothing_is_told_where_events_are_off(settings: Settings, bells: redis.Redis) -> None:
    settings.JOBS_EVENTS = False
    publish([(Kind.COMPLETED, [1], None)])
    assert not bells.exists(events.STREAM)


def test_telling_never_raises_and_is_not_tried_again_for_a_while(
    no_redis: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "focusjobs.jobs.telling.events"):
        for _ in range(100):
            publish([(Kind.COMPLETED, [1], None)])
    assert len(no_redis) == 1
    assert [record.message for record in caplog.records] == ["events not told"]


# --- Following -------------------------------------------------------------------------------------------------------


def test_a_follower_hears_what_is_told_after_the_call_even_before_it_listens() -> None:
    publish([(Kind.COMPLETED, [1], None)])
    following = follow(timeout=5)
    publish([(Kind.COMPLETED, [2], None)])
    assert next(following).job_id == 2


def test_a_follower_hears_what_is_told_while_it_waits() -> None:
    following = follow(timeout=10)
    later = threading.Timer(0.1, publish, [[(Kind.FAILED, [7], "no")]])
    later.start()
    event = next(following)
    later.join()
    assert (event.kind, event.job_id, event.detail) == (Kind.FAILED, 7, "no")


def test_a_follower_goes_on_where_it_stopped() -> None:
    for number in range(5):
        publish([(Kind.COMPLETED, [number], None)])
    seen = all_told()
    assert [event.job_id for event in all_told(seen[2].entry)] == [3, 4]


def test_a_follower_of_some_jobs_hears_of_no_others() -> None:
    publish([(Kind.COMPLETED, [1, 2, 3], None), (Kind.FAILED, [4], "no")])
    assert [event.job_id for event in follow("0", {2, 4, 9}, timeout=0.05)] == [2, 4]


def test_following_ends_after_its_time() -> None:
    began = time.monotonic()
    assert list(follow(timeout=0.2)) == []
    assert 0.2 <= time.monotonic() - began < 2


def test_a_follower_that_came_too_late_is_told_that_events_may_be_missing(bells: redis.Redis) -> None:
    for number in range(4):
        publish([(Kind.COMPLETED, [number], None)])
    first = all_told()[0]
    bells.xtrim(events.STREAM, maxlen=2, approximate=False)
    late = all_told(first.entry)
    assert [event.kind for event in late] == [Kind.CUT, Kind.COMPLETED, Kind.COMPLETED]
    assert [event.job_id for event in late] == [None, 2, 3]


def test_a_follower_is_told_that_redis_lost_the_stream(bells: redis.Redis) -> None:
    publish([(Kind.COMPLETED, [1], None)])
    seen = all_told()[-1].entry
    bells.flushdb()
    publish([(Kind.COMPLETED, [2], None)])
    assert [event.kind for event in all_told(seen)] == [Kind.CUT, Kind.COMPLETED]


def test_the_stream_keeps_the_latest_entries_only(bells: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "KEPT", 100)
    for number in range(1_000):
        publish([(Kind.COMPLETED, [number], None)])
    assert 100 <= bells.xlen(events.STREAM) <= 300
    assert [event.job_id for event in all_told()][-1] == 999


def test_an_error_in_a_follower_harms_nobody() -> None:
    def stumble(following: Iterator[Event]) -> None:
        for _ in following:
            raise ValueError

    publish([(Kind.COMPLETED, [1], None)])
    with pytest.raises(ValueError):  # noqa: PT011
        stumble(follow("0", timeout=1))
    publish([(Kind.COMPLETED, [2], None)])
    assert [event.job_id for event in all_told()] == [1, 2]
