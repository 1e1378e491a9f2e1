"""What a real worker tells of its jobs: counts that outlive it, events, and an end that can be waited for."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from focusjobs.jobs import wait_until_finished
from focusjobs.jobs.models import Tally
from focusjobs.jobs.telling import events
from focusjobs.jobs.telling.tally import EVER
from tests import tasks
from tests.workers import Worker, eventually

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processes are looked up in /proc")


def completed() -> int:
    rows = Tally.objects.filter(minute=EVER, task="tests.add").values_list("completed", flat=True)
    return sum(rows)


def test_a_worker_that_stops_in_good_order_writes_what_it_has_counted(worker: Worker) -> None:
    tasks.add.enqueue(x=0, y=0)
    before = eventually(completed)  # the next counts are not due for seconds
    for made in tasks.add.enqueue_many({"x": x, "y": 0} for x in range(100)):
        assert wait_until_finished(made.id, timeout=20) == "completed"
    worker.stop()
    assert completed() - before == 100


def test_the_end_of_a_job_is_waited_for_by_many_at_once(worker: Worker) -> None:
    def wait(number: int) -> str:
        try:
            return wait_until_finished(tasks.add.enqueue(x=number, y=0).id, timeout=20)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(wait, range(80))) == {"completed"}


def test_what_a_job_reports_is_heard_while_it_runs(worker: Worker) -> None:
    following = events.follow(timeout=20)
    job = tasks.report.enqueue(steps=3)
    kinds = []
    for event in following:
        if event.job_id == job.id:
            kinds.append(event.kind)
        if kinds and kinds[-1] == events.Kind.COMPLETED:
            break
    assert kinds[-1] == events.Kind.COMPLETED
