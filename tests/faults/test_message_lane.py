"""Jobs with Celery messages of their own on a real worker: canvas, limits, termination, lost messages, threads."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import chain, chord, current_app, group
from celery.result import AsyncResult
from django.contrib.auth.models import Group
from django.utils import timezone
from django_celery_results.models import TaskResult

from focusjobs.jobs import EnqueuedJob, Flow
from focusjobs.jobs.interventions import queues
from focusjobs.jobs.models import Attempt, Job
from focusjobs.jobs.telling import wakeups
from focusjobs.jobs.worker.publishing import publish
from tests import message_tasks, tasks
from tests.workers import Worker, eventually

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="the services need Linux")

ONE = {"timeout": 10, "limit": 1}
"""Whose answer is waited for: with a limit, remote control waits no longer than it must."""

LOAD = ("-I", "tests.tasks,tests.message_tasks")


@pytest.fixture
def worker(workers: list[Worker]) -> Worker:
    return workers[0].start(*LOAD)


@pytest.fixture
def no_worker(workers: list[Worker]) -> None:
    """Nobody to take messages, and none under way."""
    for one in workers:
        one.kill()
    wakeups.client().flushdb()


def job(number: int | EnqueuedJob) -> Job:
    return Job.objects.get(pk=number.id if isinstance(number, EnqueuedJob) else number)


def has_ended(enqueued: EnqueuedJob) -> Job | None:
    row = job(enqueued)
    return row if row.finished_at else None


def get(result: Any) -> Any:
    return result.get(timeout=20, interval=0.02)


def outcomes(enqueued: EnqueuedJob) -> list[str]:
    return list(Attempt.objects.filter(job_id=enqueued.id).values_list("outcome", flat=True))


# --- Life ------------------------------------------------------------------------------------------------------------


def test_a_job_by_message_runs_and_gives_its_result(worker: Worker) -> None:
    made = message_tasks.plus.enqueue(40, 2)
    assert get(AsyncResult(made.task_id)) == 42
    row = eventually(lambda: has_ended(made))
    assert (row.state, row.attempt, row.lane) == ("completed", 1, "message")


def test_many_jobs_by_message_each_run_once(worker: Worker) -> None:
    made = message_tasks.make_group.enqueue_many({"name": f"message {number}"} for number in range(60))
    eventually(lambda: Job.objects.filter(pk__in=[one.id for one in made], state="completed").count() == 60)
    assert Group.objects.filter(name__startswith="message ").count() == 60


def test_a_failing_job_by_message_is_tried_again_and_fails_with_its_error(worker: Worker) -> None:
    made = message_tasks.break_down.enqueue()
    with pytest.raises(RuntimeError, match="attempt 2"):
        get(AsyncResult(made.task_id))
    row = eventually(lambda: has_ended(made))
    assert (row.state, row.attempt, outcomes(made)) == ("failed", 2, ["failed", "failed"])


def test_celery_hears_of_no_failure_that_is_not_final(worker: Worker) -> None:
    made = message_tasks.break_down.enqueue(times=1)
    assert get(AsyncResult(made.task_id)) == 2
    assert TaskResult.objects.get(task_id=made.task_id).status == "SUCCESS"


@pytest.mark.parametrize(
    ("how", "outcome"),
    [("self.retry", "retried"), ("Retry", "retried"), ("Snooze", "snoozed"), ("Cancel", "cancelled")],
)
def test_a_task_may_ask_for_another_run_in_celerys_way_and_ours(
    how: str, outcome: str, worker: Worker, tmp_path: Path
) -> None:
    made = message_tasks.steer.enqueue(how=how, path=str(tmp_path / "mark"))
    row = eventually(lambda: has_ended(made))
    assert row.state == ("cancelled" if how == "Cancel" else "completed")
    assert outcomes(made) == [outcome]
    assert Job.objects.filter(task="tests.steer_message", arguments__path=str(tmp_path / "mark")).count() == 1


def test_jobs_by_message_take_part_in_flows(worker: Worker) -> None:
    made = Flow(message_tasks.plus.job(1, 1), [message_tasks.plus.job(2, 2), tasks.add.job(x=3, y=3)]).enqueue()
    assert get(AsyncResult(made.task_id)) == 2


def test_a_paused_queue_sends_no_messages_until_it_is_resumed(worker: Worker) -> None:
    queues.pause("default", by="somebody")
    made = message_tasks.plus.enqueue(1, 2)
    other = tasks.add.using(queue="imports").enqueue(x=1, y=1)
    eventually(lambda: has_ended(other))
    assert job(made).published_at is None
    queues.resume("default")
    assert get(AsyncResult(made.task_id)) == 3


# --- Canvas ----------------------------------------------------------------------------------------------------------


def test_a_chain_passes_results_on(worker: Worker) -> None:
    result = chain(message_tasks.plus.s(1, 2), message_tasks.plus.s(3), message_tasks.plus.s(4)).apply_async()
    assert get(result) == 10
    assert Job.objects.filter(celery_id=result.id, state="completed").count() == 1


def test_a_group_gives_all_results(worker: Worker) -> None:
    assert get(group(message_tasks.plus.s(number, number) for number in range(5)).apply_async()) == [0, 2, 4, 6, 8]


def test_a_chord_runs_its_body_with_the_results_of_its_header(worker: Worker) -> None:
    header = [message_tasks.plus.s(number, number) for number in range(5)]
    assert get(chord(header)(message_tasks.total.s())) == 20


def test_a_chain_stops_where_a_job_fails_for_good(worker: Worker) -> None:
    result = chain(message_tasks.break_down.si(), message_tasks.plus.si(1, 1)).apply_async()
    with pytest.raises(RuntimeError, match="attempt 2"):
        get(result.parent)
    assert not Job.objects.filter(celery_id=result.id).exists()


# --- Limits of time --------------------------------------------------------------------------------------------------


def test_jobs_that_take_too_long_fail_with_a_reason_and_their_processes_go_on(worker: Worker) -> None:
    made = [message_tasks.linger.enqueue(seconds=20) for _ in range(6)]
    rows = [eventually(lambda one=one: has_ended(one)) for one in made]
    assert {row.state for row in rows} == {"failed"}
    assert all(row.error == "JobTimeout: It ran for longer than 0:00:00.500000." for row in rows)
    assert [outcomes(one) for one in made] == [["failed"]] * 6
    assert "Traceback" in Attempt.objects.get(job_id=made[0].id).traceback


def test_a_task_that_ignores_its_timeout_is_killed_and_tried_again(worker: Worker, tmp_path: Path) -> None:
    made = message_tasks.stubborn.enqueue(path=str(tmp_path / "mark"))
    row = eventually(lambda: has_ended(made))
    assert (row.state, row.attempt) == ("completed", 2)
    attempt = Attempt.objects.get(job_id=made.id)
    assert (attempt.outcome, attempt.error) == ("failed", "TimeLimitExceeded: TimeLimitExceeded(1.5,)")
    assert "Hard time limit" in worker.log


def test_a_task_that_ignores_its_timeout_in_its_last_attempt_fails(worker: Worker) -> None:
    made = message_tasks.hopeless.enqueue()
    row = eventually(lambda: has_ended(made))
    assert (row.state, row.error) == ("failed", "TimeLimitExceeded: TimeLimitExceeded(1.5,)")
    assert AsyncResult(made.task_id).state == "FAILURE"


# --- Revoked ---------------------------------------------------------------------------------------------------------


def test_a_running_job_that_is_revoked_with_terminate_is_cancelled(worker: Worker, tmp_path: Path) -> None:
    made = message_tasks.wait_for_gate.enqueue(path=str(tmp_path / "gate"))
    eventually((tmp_path / "gate.started").exists)
    current_app.control.revoke(made.task_id, terminate=True)
    row = eventually(lambda: has_ended(made))
    assert (row.state, outcomes(made)) == ("cancelled", ["cancelled"])
    after = message_tasks.plus.enqueue(1, 1)
    assert get(AsyncResult(after.task_id)) == 2
    assert job(made).state == "cancelled"


@pytest.mark.parametrize("celery_id", [None, "an-id-that-celery-chose"])
def test_a_waiting_job_that_is_revoked_is_cancelled_when_its_message_comes(
    celery_id: str | None, worker: Worker, tmp_path: Path
) -> None:
    result = message_tasks.wait_for_gate.apply_async(
        kwargs={"path": str(tmp_path / "gate")}, task_id=celery_id, countdown=3600
    )
    current_app.control.revoke(result.id)
    eventually(lambda: result.id in str(current_app.control.inspect(**ONE).revoked()))
    made = Job.objects.get(arguments__path=str(tmp_path / "gate"))
    Job.objects.filter(pk=made.pk).update(run_at=timezone.now())
    assert eventually(lambda: has_ended(EnqueuedJob(made.pk))).state == "cancelled"
    assert not (tmp_path / "gate.started").exists()


# --- Lost, doubled ---------------------------------------------------------------------------------------------------


def test_a_message_that_was_lost_is_sent_again(no_worker: None, workers: list[Worker]) -> None:
    made = message_tasks.plus.enqueue(1, 2)
    assert publish("default") == 1
    assert job(made).published_at is not None
    wakeups.client().flushdb()
    Job.objects.filter(pk=made.id).update(published_at=timezone.now() - timedelta(hours=1))
    workers[0].start(*LOAD)
    assert get(AsyncResult(made.task_id)) == 3


def test_a_message_that_comes_twice_runs_its_job_once(no_worker: None, workers: list[Worker]) -> None:
    made = message_tasks.make_group.enqueue(name="twice")
    for _ in range(3):
        Job.objects.filter(pk=made.id).update(published_at=None)
        assert publish("default") == 1
    workers[0].start(*LOAD)
    eventually(lambda: has_ended(made))
    after = [message_tasks.plus.enqueue(1, number) for number in range(3)]
    assert [get(AsyncResult(one.task_id)) for one in after] == [1, 2, 3]
    assert (job(made).attempt, Group.objects.filter(name="twice").count()) == (1, 1)


def test_a_worker_that_is_killed_in_a_job_by_message_leaves_it_to_the_next(
    worker: Worker, workers: list[Worker], tmp_path: Path
) -> None:
    made = message_tasks.wait_for_gate.enqueue(path=str(tmp_path / "gate"))
    eventually((tmp_path / "gate.started").exists)
    worker.kill()
    (tmp_path / "gate").touch()
    workers[0].start(*LOAD)
    assert get(AsyncResult(made.task_id)) == "through"
    assert outcomes(made) == ["stalled"]


# --- Remote control and pools ----------------------------------------------------------------------------------------


def test_remote_control_finds_the_worker_its_tasks_and_its_pool(worker: Worker) -> None:
    ((name, answer),) = eventually(current_app.control.inspect(**ONE).ping).items()
    assert answer == {"ok": "pong"}
    inspect = current_app.control.inspect([name], **ONE)
    assert {"tests.plus", "tests.add", "focusjobs.jobs.drain"} <= set(inspect.registered()[name])
    assert inspect.stats()[name]["pool"]["max-concurrency"] == 2
    for change, size in ((current_app.control.pool_grow, 3), (current_app.control.pool_shrink, 2)):
        change(1, destination=[name], reply=True, **ONE)
        eventually(lambda size=size: len(inspect.stats()[name]["pool"]["processes"]) == size)


def test_an_autoscaling_worker_grows_for_long_jobs(no_worker: None, workers: list[Worker], tmp_path: Path) -> None:
    workers[0].start(*LOAD, "--autoscale", "4,1")
    made = [message_tasks.wait_for_gate.enqueue(path=str(tmp_path / "gate")) for _ in range(3)]
    eventually(lambda: {job(one).state for one in made} == {"active"})
    (tmp_path / "gate").touch()
    assert [get(AsyncResult(one.task_id)) for one in made] == ["through"] * 3
    workers[0].kill()


def test_a_pool_of_threads_runs_drains_messages_and_timeouts(no_worker: None, workers: list[Worker]) -> None:
    workers[1].start(*LOAD, "-P", "threads", "-c", "4")
    plain = tasks.make_group.enqueue_many({"name": f"threads {number}"} for number in range(50))
    message = [message_tasks.plus.enqueue(1, number) for number in range(10)]
    late = [message_tasks.sleep_too_long.enqueue() for _ in range(4)]
    assert [get(AsyncResult(one.task_id)) for one in message] == list(range(1, 11))
    eventually(lambda: Job.objects.filter(pk__in=[one.id for one in plain], state="completed").count() == 50)
    rows = [eventually(lambda one=one: has_ended(one)) for one in late]
    assert {(row.state, row.error) for row in rows} == {
        ("failed", "JobTimeout: It ran for longer than 0:00:00.300000.")
    }
    assert Group.objects.filter(name__startswith="threads ").count() == 50
    assert workers[1].stop() == 0
