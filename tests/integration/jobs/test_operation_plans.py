"""What operations, error groups and explanations ask of the database they find by indexes, however much there is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from focusjobs.jobs import error_groups, operations
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.error_groups import folding
from focusjobs.jobs.error_groups import statements as error_statements
from focusjobs.jobs.looking import explanation, workers
from focusjobs.jobs.looking.query import matching
from focusjobs.jobs.models import ErrorGroup, Job, Operation
from focusjobs.jobs.operations import Actor, Wanted, background, control, following, running
from focusjobs.jobs.operations import statements as operation_statements
from tests.explaining import Explaining
from tests.factories import UserFactory
from tests.keeping import kept_for_module

from .plans import ROWS, fill_jobs
from .rows import job_in

MORE = """
INSERT INTO jobs_errorgroup (id, task, exception, message, frame, first_seen, last_seen, first_release, last_release)
SELECT n, 'tests.add', 'ValueError', '', '', now() - n * interval '1 min', now() - n * interval '1 min', '1', '1'
FROM generate_series(1, 2000) AS n;
UPDATE jobs_job SET error_group_id = 1 + id % 2000 WHERE state = 'failed';
INSERT INTO jobs_attempt (job_id, number, outcome, worker, started_at, error, traceback, release, error_group_id)
SELECT id, 1, 'failed', 'w', now(), '', '', 'r' || id % 2000, error_group_id FROM jobs_job;
INSERT INTO jobs_operation (action, state, actor_name, source, request_id, reason, filter, subject, details, canary,
                            canary_share, anyway, expected, skipped, wake_at)
SELECT 'retry', 'finished', 'Ana', 'command', '', '', '', '', '{}', 0, 0.2, false, '{}', '{}',
       CASE WHEN n < 3 THEN now() END
FROM generate_series(1, 2000) AS n;
INSERT INTO jobs_operationjob (operation_id, job_id, fence)
SELECT (SELECT min(id) FROM jobs_operation) + job.id % 2000, job.id, 0 FROM jobs_job AS job;
INSERT INTO jobs_errorhour (group_id, hour, jobs, attempts)
SELECT n, date_trunc('hour', now()) - h * interval '1 h', 1, 1
FROM generate_series(1, 2000) AS n, generate_series(1, 10) AS h;
INSERT INTO jobs_tally (minute, task, queue, completed, run_seconds, run_buckets, wait_buckets)
SELECT CASE WHEN n > 0 THEN date_trunc('minute', now()) - n * interval '1 min' ELSE 'epoch' END, 'tests.add', queue,
       1, 1, '{1}', '{1}'
FROM generate_series(0, 2000) AS n, unnest(ARRAY['default', 'imports', 'statistics', 'notifications']) AS queue;
INSERT INTO jobs_worker (name, host, pid, processes, queues, concurrency, release, started_at, seen_at)
SELECT 'all', 'h', 1, '{2}', array_agg(DISTINCT queue), 2, '', now(), now() FROM jobs_tally;
INSERT INTO jobs_erroruser (group_id, user_id) SELECT n, id FROM generate_series(1, 2000) AS n, habits_user;
ANALYZE;
"""
LARGE = {"jobs_job", "jobs_tally", "jobs_attempt", "jobs_operationjob", "jobs_errorhour", "jobs_erroruser"}
ANA = Actor(name="Ana", source="command")


def fill() -> None:
    UserFactory.create_batch(10)
    fill_jobs()
    with connection.cursor() as cursor:
        cursor.execute(MORE)


jobs = kept_for_module(fill)


@pytest.fixture
def filled(jobs: None, db: None, unprepared: None) -> None:
    """Many jobs, and statements that can be explained."""


@pytest.fixture
def watching(filled: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Explaining]:
    for module in (running, folding):  # a twentieth of a small table is better read in one go
        monkeypatch.setattr(module, "BATCH", 100)
    monkeypatch.setattr(following, "STRETCH", 100)
    watch = Explaining(*LARGE, also="jobs_")
    with connection.execute_wrapper(watch):
        yield watch
    assert watch.scans == []


def test_an_operation_from_its_preview_to_its_end(watching: Explaining, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "AT_ONCE", ROWS)
    done = operations.act(ANA, Wanted(action="retry", filter="state:failed since:30m", reason="why", canary=3))
    Job.objects.filter(operations__operation=done).first()
    running.advance(done.pk)
    operations.stop(done, ANA)
    following.follow(Operation.objects.get(pk=done.pk))
    operations.of_job(Job.objects.latest("pk").pk)
    background.wake()
    operations.forget_previews()
    written = operation_statements
    assert {written.SETTLE, written.WAKE, written.SPEEDS, written.LENGTHS} <= watching.seen


@pytest.mark.parametrize(
    "text",
    [
        "group:000000000000001",
        "group:000000000000001 state:failed",
        "operation:{operation}",
        "operation:{operation} state:failed",
        "release:r7",
        "parent:{job}",
        "id:{job}",
        "id:1,2,3,4,5,6,7,8,9,10,11,12",
    ],
)
def test_every_word_of_the_filter_that_names_few_jobs_finds_them_by_an_index(watching: Explaining, text: str) -> None:
    known = {"operation": Operation.objects.earliest("pk").pk, "job": Job.objects.earliest("pk").pk}
    list(matching(text.format(**known)).order_by("pk")[:50])


def test_errors_are_counted_and_looked_at(watching: Explaining) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO jobs_uncounted (attempt_id) SELECT id FROM jobs_attempt ORDER BY id LIMIT 50")
        cursor.execute("UPDATE jobs_attempt SET error_group_id = 7 WHERE error_group_id IS NULL AND id < 0")
    error_groups.fold()
    error_groups.open_again()
    group = ErrorGroup.objects.get(pk=7)
    error_groups.fix(ANA, group, "1.5")
    error_groups.sparkline([group])
    error_groups.growing()
    error_groups.samples(group)
    error_groups.forget_old()
    looked_for = {text for name, text in vars(error_statements).items() if name.isupper()}
    assert looked_for - {error_statements.REGRESS} <= watching.seen


def test_a_job_is_explained(watching: Explaining, settings: Any) -> None:
    now = timezone.now()
    workers.Worker.objects.create(name="w", host="h", pid=1, queues=settings.JOBS_QUEUES, started_at=now, seen_at=now)
    for state in ("waiting", "delayed", "active", "failed"):
        explanation.why_not_running(Job.objects.filter(state=state).latest("pk"), now)
    limited = job_in(State.WAITING, lane="limited", limit_key="k", queue="default")
    explanation.why_not_running(limited, now + timedelta(seconds=1))
    workers.known_workers(now)
    assert {explanation.AHEAD, explanation.AHEAD_LIMITED} <= watching.seen
