"""Operations on thousands of jobs with real workers, one of which is killed in the middle of its work."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F, QuerySet
from django.utils import timezone

from focusjobs.jobs import operations
from focusjobs.jobs.ledger.locks import Lock
from focusjobs.jobs.looking.workers import ALIVE_FOR, known_workers
from focusjobs.jobs.models import Job, Operation, OperationJob
from focusjobs.jobs.models import Worker as WorkerRow
from focusjobs.jobs.operations import Actor, Wanted
from focusjobs.jobs.operations.running import BATCH
from tests.holding import held, is_awaited, waiting_backends
from tests.threads import beside
from tests.workers import Worker, eventually

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="the services need Linux")

MANY = 5 * BATCH
"""As many as a worker changes in five transactions."""

MIDDLE = MANY // 2
"""In the third transaction: a job at which a worker is made to wait."""

FAILED = """
INSERT INTO jobs_job (task, queue, arguments, state, finished_at, run_at, attempt, max_attempts, tries, error, priority)
SELECT %(task)s, 'default', %(arguments)s, 'failed', now() - n * interval '1 ms', now() - n * interval '1 s', 5, 5,
       %(tries)s, 'ValueError: no ' || n, n %% 7
FROM generate_series(1, %(count)s) AS n
"""

# All that an operation may change of jobs, but for the fence, which only ever rises.
FINGERPRINT = """
SELECT md5(string_agg(concat_ws('|', id, state, run_at, due_at, finished_at, error, attempt, max_attempts, stalls,
                                priority, children_left, published_at, progress), ',' ORDER BY id))
FROM jobs_job WHERE task = %s
"""

ANA = Actor(name="Ana", source="command")


@pytest.fixture(autouse=True)
def nothing_left(worker: Worker) -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE jobs_job, jobs_operation CASCADE")


def failed(count: int, task: str = "tests.add", arguments: str = '{"x": 1, "y": 2}', tries: int = 1) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FAILED, {"count": count, "task": task, "arguments": arguments, "tries": tries})
        cursor.execute("ANALYZE jobs_job")


def fingerprint(task: str = "tests.add") -> str:
    with connection.cursor() as cursor:
        cursor.execute(FINGERPRINT, [task])
        return str(cursor.fetchone()[0])


def retry_all(**options: object) -> Wanted:
    known = {"action": "retry", "filter": "state:failed", "reason": "APNs was away", "hold": timedelta(hours=1)}
    return Wanted(**{**known, **options})  # type: ignore[arg-type]


def middle() -> QuerySet[Job]:
    """A job that is reached when others were changed, and others are yet to be."""
    return Job.objects.filter(pk=Job.objects.order_by("pk").values_list("pk", flat=True)[MIDDLE])


def ends_as(operation: Operation, *states: str, seconds: float = 120) -> None:
    def has_ended() -> bool:
        operation.refresh_from_db()
        return operation.state in states

    eventually(has_ended, seconds=seconds)


def test_a_retry_whose_worker_is_killed_in_the_middle_is_done_exactly_once(worker: Worker) -> None:
    failed(MANY)
    with held(middle()):
        operation = operations.act(ANA, retry_all())
        eventually(waiting_backends)
        worker.kill()
        operation.refresh_from_db()
        assert operation.state == "running"
        assert 0 < operation.done < MANY
    worker.start()
    ends_as(operation, "holding")
    assert (operation.seen, operation.done, operation.skipped) == (MANY, MANY, {})
    assert OperationJob.objects.filter(operation=operation).count() == MANY
    jobs = Job.objects.filter(task="tests.add")
    assert jobs.filter(state="delayed", fence=1, max_attempts=6).count() == jobs.count() == MANY


def test_one_that_is_stopped_in_the_middle_changes_no_further_job_and_puts_back_what_has_not_run(
    worker: Worker,
) -> None:
    failed(MANY)
    before = fingerprint()
    with held(middle()):
        operation = operations.act(ANA, retry_all())
        eventually(waiting_backends)
        stopping = beside(lambda: operations.stop(operation, ANA, "wrong filter"))
        eventually(lambda: is_awaited(Lock.OPERATION, operation.pk))
    stopping()
    ends_as(operation, "stopped")
    assert operation.restored == operation.done == 3 * BATCH, "the batch under way is the last"
    assert fingerprint() == before


def test_one_that_is_undone_while_its_worker_is_killed_leaves_everything_as_it_was(worker: Worker) -> None:
    failed(MANY)
    before = fingerprint()
    operation = operations.act(ANA, retry_all())
    ends_as(operation, "holding")
    assert Job.objects.filter(task="tests.add", state="delayed").count() == MANY
    with held(middle()):
        operation = operations.undo(operation, ANA)
        eventually(waiting_backends)
        worker.kill()
        operation.refresh_from_db()
        assert 0 < operation.restored < MANY
    worker.start()
    ends_as(operation, "undone")
    assert operation.restored == MANY
    assert fingerprint() == before


def test_canaries_that_fail_again_stop_it(worker: Worker) -> None:
    failed(50, "tests.fail", '{"message": "no"}')
    operation = operations.act(ANA, retry_all(canary=5, hold=timedelta(0)))
    ends_as(operation, "stopped")
    assert "canaries failed again" in operation.message
    assert operation.done == 5
    assert Job.objects.filter(task="tests.fail", state="failed", fence=0).count() == 45


def test_canaries_that_do_well_are_followed_by_the_rest_and_the_ends_are_counted(worker: Worker) -> None:
    failed(500)
    operation = operations.act(ANA, retry_all(canary=5, hold=timedelta(0)))

    def has_settled() -> bool:
        operation.refresh_from_db()
        return operation.settled_at is not None

    eventually(has_settled, seconds=90)
    assert (operation.state, operation.done, operation.completed, operation.failed_again) == ("finished", 500, 500, 0)
    assert Job.objects.filter(task="tests.add", state="completed", attempt=6).count() == 500


def test_a_worker_is_listed_while_it_lives_and_stays_in_sight_when_it_was_killed(worker: Worker) -> None:
    def known() -> dict[int, str]:
        return {it.worker.pid: it.state for it in known_workers(timezone.now())}

    eventually(lambda: known().get(worker.pid) == "live", seconds=30)
    (one,) = [it.worker for it in known_workers(timezone.now()) if it.worker.pid == worker.pid]
    assert "default" in one.queues
    assert len(one.processes) == 2
    killed = worker.pid
    worker.kill()
    WorkerRow.objects.filter(pid=killed).update(seen_at=F("seen_at") - ALIVE_FOR)  # nobody renews it any more
    assert known()[killed] == "silent"
