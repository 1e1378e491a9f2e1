"""`make bench BENCH=retries`: 100,000 failed jobs are retried, stopped and undone while the worker is killed with -9.

First with a hold of an hour: the worker is killed again and again, the operation is stopped in the middle, the rest is
done, and all is undone before the hold is over; everything must be as it was. Then the same jobs are retried for good:
each must run exactly once. Jobs that match the filter but were not in the preview must never be touched. JOBS=100000,
or 10,000 with QUICK=1; moments by SEED. The last line is JSON; exit code 1 where a promise is broken.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.celery_worker import CeleryWorker
from benchmarks.processes import wait_until
from benchmarks.servers import bench_servers, database

if TYPE_CHECKING:
    from focusjobs.jobs.models import Operation

JOBS = int(os.environ.get("JOBS", "100000"))
if os.environ.get("QUICK"):
    JOBS = 10_000
SEED = int(os.environ.get("SEED", "1"))
LATER = JOBS // 10
"""Jobs that match the filter, but failed after the preview."""
FILTER = "state:failed task:benchmarks.insert_row"
LONGEST = 0.6
"""Seconds of work, at most, between the first of it that is seen and the next kill."""

PATIENCE = 300.0
"""Seconds in which each step has to be done."""

# Failed jobs from one number on, the attempts of which are used up. What they do is to write a row with their number.
FAILED = """
INSERT INTO jobs_job (task, queue, arguments, state, finished_at, run_at, attempt, max_attempts, tries, error, priority)
SELECT %(task)s::text, 'default', jsonb_build_object('n', n, 'data', 'x'), %(state)s::text,
       CASE %(state)s::text WHEN 'failed' THEN now() - interval '1 s' END,
       now() + CASE %(state)s::text WHEN 'failed' THEN interval '-1 h' ELSE interval '1 h' END, 5, 5, 1,
       'ValueError: no ' || n, n %% 7
FROM generate_series(%(first)s::int, %(first)s::int + %(count)s::int - 1) AS n
"""

# Jobs that were delayed at the preview have failed since.
FAIL = "UPDATE jobs_job SET state = 'failed', finished_at = now() WHERE state = 'delayed' AND task LIKE 'benchmarks.%'"

# All that an operation may change of jobs, but for the fence, which only ever rises; those with numbers from one to
# another in their arguments.
FINGERPRINT = """
SELECT md5(string_agg(concat_ws('|', id, state, run_at, due_at, finished_at, error, attempt, max_attempts, stalls,
                                priority, children_left, published_at, progress), ',' ORDER BY id))
FROM jobs_job
WHERE task LIKE 'benchmarks.%%' AND (arguments ->> 'n')::int BETWEEN %s AND %s
"""

# What became of the jobs of the preview: how many there are, completed at the attempt after their last, and how many of
# their attempts completed; then rows written, and different ones.
RETRIED = """
SELECT count(*), count(*) FILTER (WHERE state = 'completed' AND attempt = 6),
       (SELECT count(*) FROM jobs_operationjob l WHERE l.operation_id = %(operation)s),
       (SELECT count(DISTINCT job_id) FROM jobs_operationjob l WHERE l.operation_id = %(operation)s),
       (SELECT count(*) FROM bench_row), (SELECT count(DISTINCT n) FROM bench_row WHERE n BETWEEN 1 AND %(jobs)s)
FROM jobs_job WHERE task = 'benchmarks.insert_row' AND (arguments ->> 'n')::int BETWEEN 1 AND %(jobs)s
"""

COMPLETED = "SELECT count(*) FROM jobs_job WHERE state = 'completed' AND task = 'benchmarks.insert_row'"

broken: list[str] = []


def main() -> int:
    """Do both rounds and print what became of the jobs."""
    os.environ.update(JOBS_LEASE_SECONDS="3", DJANGO_SETTINGS_MODULE="focusjobs.settings")
    with bench_servers(), tempfile.TemporaryDirectory(prefix="focusjobs-retries-") as directory:
        import django

        django.setup()
        worker = CeleryWorker("operations,default", Path(directory) / "worker.log", "benchmarks.tasks")
        try:
            found = _run(Round(worker, random.Random(SEED)))  # noqa: S311 - moments that can be had again
        finally:
            worker.close()
    print("All promises were kept." if not broken else f"A PROMISE WAS BROKEN: {', '.join(broken)}.")
    print(json.dumps({**found, "broken": broken, "seed": SEED}))
    return 1 if broken else 0


def _run(one: Round) -> dict[str, Any]:
    began = time.perf_counter()
    _sql("UPDATE jobs_schedule SET enabled = false")
    _fail(1, JOBS)
    _fail(3 * JOBS, LATER, task="benchmarks.noop")  # does not match
    undone = one.undo()
    _sql("DELETE FROM jobs_job WHERE (arguments ->> 'n')::int BETWEEN %s AND %s", [JOBS + 1, 3 * JOBS - 1])
    done = one.retry()
    seconds = round(time.perf_counter() - began, 1)
    return {"jobs": JOBS, "failed_after_the_preview": 2 * LATER, **undone, **done, "seconds": seconds}


class Round:
    """Operations on the failed jobs, and a worker that is killed in the middle of them."""

    def __init__(self, worker: CeleryWorker, dice: random.Random) -> None:
        self.worker, self.dice = worker, dice

    def undo(self) -> dict[str, Any]:
        """Retry under a hold, stop in the middle, do the rest, and undo all of it."""
        from focusjobs.jobs import operations

        first = self._planned(timedelta(hours=1))
        before, began = _sql(FINGERPRINT, [1, 4 * JOBS]), time.perf_counter()
        operations.start(first)
        self._kill_during("retried", lambda: _current(first, "done"), times=2)
        _until_it_moves(lambda: _current(first, "done"))
        operations.stop(first, _ana(), "wrong filter")
        self._ends(first, "stopped")
        stopped = first.done
        _expect("stopped in the middle", 0 < stopped < JOBS and first.restored == stopped)
        _expect("a stop puts back what has not run", _sql(FINGERPRINT, [1, 4 * JOBS]) == before)
        rest = operations.rest(first, _ana(), "it was the right one")
        self._kill_during("retried", lambda: _current(rest, "done"), times=2)
        self._ends(rest, "holding")
        held, retried = rest.done, time.perf_counter() - began
        _expect("all of the preview are held", held == JOBS and not rest.skipped)
        began = time.perf_counter()
        operations.undo(rest, _ana())
        self._kill_during("put back", lambda: _current(rest, "restored"), times=2)
        self._ends(rest, "undone")
        _expect("all is put back", rest.restored == JOBS and _sql(FINGERPRINT, [1, 4 * JOBS]) == before)
        seconds = {"seconds_until_held": round(retried, 1), "seconds_to_undo": round(time.perf_counter() - began, 1)}
        return {
            "stopped_after": stopped,
            "held": held,
            "restored": rest.restored,
            "kills": self.worker.kills,
            **seconds,
        }

    def retry(self) -> dict[str, Any]:
        """Retry for good, and let the jobs run."""
        from focusjobs.jobs import operations

        kills, operation = self.worker.kills, self._planned(timedelta(seconds=5))
        others, began = _sql(FINGERPRINT, [JOBS + 1, 4 * JOBS]), time.perf_counter()
        operations.start(operation)
        self._kill_during("retried", lambda: _current(operation, "done"), times=2)
        self._ends(operation, "holding", "finished")
        changed = time.perf_counter() - began
        self._kill_during("completed", _completed, times=1)
        self._ends(operation, "finished")
        wait_until(lambda: _current(operation, "settled_at") is not None, PATIENCE, "the operation was not settled")
        ((jobs, completed, links, linked, rows, written),) = _sql(RETRIED, {"operation": operation.pk, "jobs": JOBS})
        _expect("each is retried exactly once", jobs == completed == links == linked == JOBS)
        _expect("each has its effect once", rows == written == JOBS)
        _expect("no other is touched", _sql(FINGERPRINT, [JOBS + 1, 4 * JOBS]) == others)
        return {
            "completed": completed,
            "rows": rows,
            "kills_while_retried": self.worker.kills - kills,
            "seconds_until_retried": round(changed, 1),
            "seconds_until_completed": round(time.perf_counter() - began, 1),
        }

    def _planned(self, hold: timedelta) -> Operation:
        """Preview, and let more jobs fail afterwards that the filter matches as well."""
        from focusjobs.jobs import operations
        from focusjobs.jobs.operations import Wanted

        _fail(JOBS + 1, LATER, state="delayed")
        began = time.perf_counter()
        operation = operations.plan(_ana(), Wanted(action="retry", filter=FILTER, reason="the mend is out", hold=hold))
        print(f"previewed {operation.expected['eligible']:,} in {time.perf_counter() - began:.2f} s", flush=True)
        _expect("the preview counts them", operation.expected["eligible"] == JOBS)
        _sql(FAIL)
        _fail(2 * JOBS, LATER)
        return operation

    def _kill_during(self, what: str, progress: Callable[[], int], times: int) -> None:
        """Kill the worker some moments after it was seen to go on, so many times, and start it again."""
        for _ in range(times):
            self.worker.start()
            _until_it_moves(progress)
            time.sleep(self.dice.uniform(0.0, LONGEST))
            self.worker.kill()
            print(f"killed at {progress():,} {what}", flush=True)
            _expect("the kill is in the middle", progress() < JOBS)
        self.worker.start()

    def _ends(self, operation: Operation, *states: str) -> None:
        wait_until(lambda: _current(operation, "state") in states, PATIENCE, f"the operation was not {states[-1]}")
        print(f"operation {operation.pk}: {operation.state}, {operation.done:,} done, {operation.restored:,} put back")


def _until_it_moves(progress: Callable[[], int]) -> None:
    before = progress()
    wait_until(lambda: progress() > before or before >= JOBS, PATIENCE, "nothing moved")


def _completed() -> int:
    return int(_sql(COMPLETED)[0][0])


def _ana() -> Any:
    """Give somebody who operates; the models are there only after the start of Django."""
    from focusjobs.jobs.operations import Actor

    return Actor(name="Ana", source="command")


def _current(operation: Operation, column: str) -> Any:
    operation.refresh_from_db()
    return getattr(operation, column)


def _expect(what: str, is_so: bool) -> None:
    print(f"{'kept' if is_so else 'BROKEN'}: {what}", flush=True)
    if not is_so:
        broken.append(what)


def _sql(statement: str, values: Any = None) -> list[Any]:
    with database() as session:
        cursor = session.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def _fail(first: int, count: int, *, task: str = "benchmarks.insert_row", state: str = "failed") -> None:
    _sql(FAILED, {"first": first, "count": count, "task": task, "state": state})
    _sql("ANALYZE jobs_job")


if __name__ == "__main__":
    sys.exit(main())
