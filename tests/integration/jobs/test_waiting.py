"""Waiting for the end of a job, which never hangs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from django.db import connection
from pytest_django import Settings

from focusjobs.jobs import UnknownJob, interventions, wait_until_finished
from focusjobs.jobs.declaring import waiting
from focusjobs.jobs.telling import events
from focusjobs.jobs.worker import drain as worker
from tests import tasks

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("pulse", "bells")]


@pytest.fixture
def later() -> Iterator[Callable[[Callable[[], Any]], None]]:
    """Does something in a thread of its own, a moment from now, and has it done before the test's rows go."""
    timers: list[threading.Timer] = []

    def start(action: Callable[[], Any]) -> None:
        def act() -> None:
            action()
            connection.close()

        timers.append(threading.Timer(0.15, act))
        timers[-1].start()

    yield start
    for timer in timers:
        timer.join(20)


def work_off() -> None:
    while worker.drain("default"):
        pass


def test_a_job_that_has_ended_is_answered_at_once() -> None:
    made = tasks.add.enqueue(x=1, y=1)
    work_off()
    assert wait_until_finished(made.id, timeout=0) == "completed"


def test_waiting_ends_with_the_job(later: Callable[[Callable[[], Any]], None]) -> None:
    made = tasks.fail.enqueue(message="no")
    later(work_off)
    assert wait_until_finished(made.id, timeout=10) == "failed"


def test_the_end_is_told_by_its_event_and_not_by_the_next_look(
    later: Callable[[Callable[[], Any]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "LOOK", 30.0)
    made = tasks.add.enqueue(x=1, y=1)
    later(work_off)
    began = time.monotonic()
    assert wait_until_finished(made.id, timeout=30) == "completed"
    assert time.monotonic() - began < 5


def test_a_lost_event_does_not_hang_the_waiter(
    later: Callable[[Callable[[], Any]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "publish", lambda news: None)
    monkeypatch.setattr(waiting, "LOOK", 0.2)
    made = tasks.add.enqueue(x=1, y=1)
    later(work_off)
    assert wait_until_finished(made.id, timeout=10) == "completed"


def test_other_jobs_events_do_not_keep_the_waiter_from_looking(
    later: Callable[[Callable[[], Any]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "LOOK", 0.2)
    made = tasks.add.enqueue(x=1, y=1)
    stop = threading.Event()

    def chatter() -> None:
        while not stop.wait(0.01):
            events.publish([(events.Kind.COMPLETED, [made.id + 1], None)])

    threading.Thread(target=chatter, daemon=True).start()
    later(lambda: interventions.cancel([made.id], "not wanted"))
    assert wait_until_finished(made.id, timeout=10) == "cancelled"
    stop.set()


@pytest.mark.parametrize("off", [True, False])
def test_without_events_or_redis_the_ledger_alone_is_asked(
    off: bool, settings: Settings, later: Callable[[Callable[[], Any]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.JOBS_EVENTS = not off
    absent = redis.Redis.from_url("unix:///nowhere/valkey.sock")
    monkeypatch.setattr(redis.Redis, "from_url", lambda *_, **__: absent)
    made = tasks.add.enqueue(x=1, y=1)
    later(work_off)
    assert wait_until_finished(made.id, timeout=10) == "completed"


def test_waiting_gives_up_in_time_and_says_where_the_job_stands() -> None:
    made = tasks.add.enqueue(x=1, y=1)
    began = time.monotonic()
    with pytest.raises(TimeoutError, match=rf"Job {made.id} is waiting after 0\.3 seconds"):
        wait_until_finished(made.id, timeout=0.3)
    assert 0.3 <= time.monotonic() - began < 3


def test_a_job_that_does_not_exist_is_said_to_be_unknown() -> None:
    with pytest.raises(UnknownJob, match="There is no job 987654321"):
        wait_until_finished(987654321, timeout=1)
