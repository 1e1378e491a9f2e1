"""Housekeeping: one worker at a time makes jobs due, finds vanished workers and rings for what waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.db import Error, OperationalError, connection, transaction
from django.utils import timezone

from focusjobs.jobs.models import Job
from focusjobs.jobs.telling.rounds import LAST_ROUND
from focusjobs.jobs.worker.maintenance import Housekeeper, keep_house
from tests import tasks
from tests.workers import eventually

from .conftest import claim_one

pytestmark = pytest.mark.django_db


def past() -> Any:
    return timezone.now() - timedelta(minutes=1)


def test_a_round_makes_due_jobs_wait_takes_stalled_ones_back_and_rings_their_queues(bells: redis.Redis) -> None:
    tasks.add.enqueue(x=1, y=1)
    claim_one(lease=timedelta(seconds=-1))
    tasks.add.using(queue="imports", run_after=timedelta(hours=1)).enqueue(x=1, y=2)
    Job.objects.filter(state="delayed").update(run_at=past())
    tasks.add.using(queue="statistics", run_after=timedelta(hours=1)).enqueue(x=1, y=3)
    assert keep_house()
    assert list(Job.objects.order_by("id").values_list("state", flat=True)) == ["waiting", "waiting", "delayed"]
    assert {name: bells.llen(name) for name in ("default", "imports", "statistics")} == {
        "default": 1,
        "imports": 1,
        "statistics": 0,
    }


def test_a_wake_up_that_was_lost_is_replaced_and_one_that_is_under_way_is_not(bells: redis.Redis) -> None:
    tasks.add.enqueue(x=1, y=1)
    for _ in range(3):
        keep_house()
    assert bells.llen("default") == 1
    bells.flushdb()
    keep_house()
    assert bells.llen("default") == 1


def test_a_queue_without_work_is_left_in_peace(bells: redis.Redis) -> None:
    assert keep_house()
    assert bells.keys("*") == [LAST_ROUND.encode()]


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_not_keep_house_at_once(elsewhere: Callable[[Callable[[], Any]], Any]) -> None:
    with transaction.atomic():
        assert keep_house()
        assert elsewhere(keep_house) is False
    assert elsewhere(keep_house) is True


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_froze_in_its_round_does_not_keep_the_others_from_theirs(
    elsewhere: Callable[[Callable[[], Any]], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("focusjobs.jobs.worker.maintenance.FROZEN", "100ms")

    def freeze_in_the_middle() -> None:
        with transaction.atomic():
            keep_house()
            eventually(lambda: elsewhere(keep_house), seconds=10)
            connection.cursor().execute("SELECT 1")

    with pytest.raises(Error):
        freeze_in_the_middle()
    connection.close()


def test_the_housekeeper_outlives_an_error_of_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[str] = []
    keeper = Housekeeper()

    def one_round() -> bool:
        rounds.append("round")
        if len(rounds) == 1:
            raise OperationalError("the database is away")
        keeper.stop()
        return True

    monkeypatch.setattr("focusjobs.jobs.worker.maintenance.keep_house", one_round)
    # On a connection of its own it would leave the schedules of the code to the tests that follow.
    monkeypatch.setattr("focusjobs.jobs.schedules.syncing.sync", lambda: None)
    monkeypatch.setattr("focusjobs.jobs.worker.maintenance.INTERVAL", 0)
    keeper.start()
    keeper.join(timeout=10)
    assert not keeper.is_alive()
    assert len(rounds) == 2
