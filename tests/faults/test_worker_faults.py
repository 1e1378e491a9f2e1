"""Real workers that are killed, frozen, cut off and restarted: nothing is lost and nothing happens twice."""

from __future__ import annotations

import os
import signal
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction

from focusjobs.jobs import EnqueuedJob
from focusjobs.jobs.models import Attempt, Job
from focusjobs.jobs.telling import wakeups
from habits.imports.sample import write_loop_sample
from habits.models import Backup, Completion, User
from habits.tasks import import_backup
from tests import tasks
from tests.holding import held_table, waiting_backends
from tests.workers import Worker, eventually

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processes are looked up in /proc")


def states(*jobs: EnqueuedJob) -> Counter[str]:
    return Counter(Job.objects.filter(pk__in=[job.id for job in jobs]).values_list("state", flat=True))


def is_active(job: EnqueuedJob) -> bool:
    return states(job) == {"active": 1}


def all_completed(*jobs: EnqueuedJob) -> bool:
    return states(*jobs) == {"completed": len(jobs)}


def rows(name: str) -> list[str]:
    return list(Group.objects.filter(name__startswith=name).values_list("name", flat=True))


def start_waiting(name: str, gate: Path) -> EnqueuedJob:
    """Enqueue a job that waits for a file, and return when a worker runs it."""
    job = tasks.wait_for_file.enqueue(name=name, path=str(gate))
    eventually(lambda: is_active(job))
    return job


def outcomes(job: EnqueuedJob) -> list[str]:
    return list(Attempt.objects.filter(job_id=job.id).values_list("outcome", flat=True))


# --- One worker ------------------------------------------------------------------------------------------------------


def test_a_job_that_was_enqueued_while_no_worker_ran_is_picked_up_later(workers: list[Worker]) -> None:
    job = tasks.add.enqueue(x=1, y=2)
    workers[0].kill()
    wakeups.client().flushdb()
    workers[0].start()
    eventually(lambda: all_completed(job), seconds=5)


def test_a_job_runs_at_once_after_the_commit(worker: Worker) -> None:
    with transaction.atomic():
        job = tasks.add.enqueue(x=40, y=2)
    assert tasks.add.AsyncResult(job.task_id).get(timeout=5, interval=0.02) == 42


def test_quick_jobs_beside_one_that_kills_its_process_all_complete(worker: Worker) -> None:
    before = tasks.add.enqueue_many({"x": x, "y": 0} for x in range(120))
    poison = tasks.kill_own_process.enqueue()
    after = tasks.add.enqueue_many({"x": x, "y": 0} for x in range(120))
    eventually(lambda: all_completed(*before, *after), seconds=40)
    eventually(lambda: states(poison) == {"failed": 1}, seconds=40)
    assert outcomes(poison) == ["stalled"] * 4
    assert Job.objects.get(pk=poison.id).error == "The worker vanished in the middle of this job, 4 times."
    assert worker.runs()


def test_a_process_of_the_pool_is_killed_in_the_middle_of_a_job(worker: Worker, tmp_path: Path) -> None:
    job = start_waiting("child", tmp_path / "gate")
    pid = int(Job.objects.get(pk=job.id).worker.partition("@")[0])
    assert pid in {child.pid for child in psutil.Process(worker.pid).children()}
    os.kill(pid, signal.SIGKILL)
    (tmp_path / "gate").touch()
    eventually(lambda: all_completed(job))
    assert rows("child") == ["child"]
    assert outcomes(job) == ["stalled"]


def test_jobs_whose_wake_ups_are_flushed_away_still_run(worker: Worker, tmp_path: Path) -> None:
    busy = [start_waiting(f"flush {number}", tmp_path / "gate") for number in range(2)]
    with transaction.atomic():
        jobs = tasks.add.enqueue_many({"x": x, "y": 0} for x in range(50))
    wakeups.client().flushall()
    (tmp_path / "gate").touch()
    eventually(lambda: all_completed(*busy, *jobs))


def test_connections_to_the_database_are_cut_while_jobs_run(worker: Worker, tmp_path: Path) -> None:
    names = [f"cut {number}" for number in range(450)]
    jobs = []
    for first in (0, 150, 300):
        gate = tmp_path / f"gate {first}"
        held = tasks.wait_for_file.using(attempts=20).enqueue(name=names[first], path=str(gate))
        eventually(lambda held=held: is_active(held))
        quick = tasks.make_group.using(attempts=20).enqueue_many({"name": name} for name in names[first + 1 :][:149])
        eventually(lambda quick=quick: states(*quick)["completed"] >= 20)
        assert cut_connections() > 0
        assert is_active(held)
        gate.touch()
        jobs += [held, *quick]
    eventually(lambda: all_completed(*jobs), seconds=30)
    assert sorted(rows("cut")) == sorted(names)


def cut_connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        (number,) = cursor.fetchone()
    return int(number)


# --- Workers come and go ---------------------------------------------------------------------------------------------


def test_a_worker_is_killed_in_the_middle_of_a_job(worker: Worker, tmp_path: Path) -> None:
    job = start_waiting("killed", tmp_path / "gate")
    worker.kill()
    assert is_active(job)
    assert rows("killed") == []
    (tmp_path / "gate").touch()
    worker.start()
    eventually(lambda: all_completed(job))
    assert rows("killed") == ["killed"]
    assert outcomes(job) == ["stalled"]


def test_a_frozen_worker_whose_job_another_has_finished_changes_nothing(workers: list[Worker], tmp_path: Path) -> None:
    frozen, other = workers
    frozen.start()
    job = tasks.write_after_file.enqueue(name="frozen", path=str(tmp_path / "gate"))
    eventually(lambda: is_active(job))
    frozen.signal_all(signal.SIGSTOP)
    (tmp_path / "gate").touch()
    other.start()
    eventually(lambda: all_completed(job))
    finished = Job.objects.values().get(pk=job.id)
    written = rows("frozen")
    frozen.signal_all(signal.SIGCONT)
    eventually(lambda: "lost its lease" in frozen.log)
    other.kill()
    after = tasks.add.enqueue(x=1, y=1)
    eventually(lambda: all_completed(after))
    assert Job.objects.values().get(pk=job.id) == finished
    assert rows("frozen") == written
    assert len(written) == 1


def test_an_orderly_shutdown_finishes_what_runs_and_leaves_the_rest_to_threads(
    worker: Worker, workers: list[Worker], tmp_path: Path
) -> None:
    running = [start_waiting(f"shutdown {number}", tmp_path / "gate") for number in range(2)]
    waiting = tasks.make_group.enqueue_many({"name": f"shutdown after {number}"} for number in range(50))
    os.kill(worker.pid, signal.SIGTERM)
    (tmp_path / "gate").touch()
    assert worker.exit_code(15) == 0
    assert all_completed(*running)
    assert states(*waiting).keys() <= {"completed", "waiting"}
    workers[1].start("-P", "threads")
    eventually(lambda: all_completed(*waiting))
    assert sorted(Counter(rows("shutdown")).values()) == [1] * 52
    assert Attempt.objects.filter(job_id__in=[job.id for job in (*running, *waiting)]).count() == 0
    assert workers[1].stop() == 0


# --- The import ------------------------------------------------------------------------------------------------------


def backup_for(email: str, content: bytes) -> Backup:
    user = User.objects.create_user(email)
    return Backup.objects.create(user=user, filename="Loop.db", content=content, size=len(content))


def imported(backup: Backup) -> list[Any]:
    days = Completion.objects.filter(habit__user=backup.user).order_by("habit__client_id", "day")
    return list(days.values_list("habit__client_id", "habit__name", "day", "value", "skipped", "note", "version"))


def test_an_import_during_which_the_worker_was_killed_is_as_if_nothing_had_happened(
    worker: Worker, tmp_path: Path
) -> None:
    write_loop_sample(tmp_path / "Loop.db", seed=1, today=date(2026, 3, 1))
    content = (tmp_path / "Loop.db").read_bytes()
    backup, undisturbed = backup_for("killed@example.com", content), backup_for("undisturbed@example.com", content)
    with held_table(Completion):  # the first habit is written then, and none of its days
        job = import_backup.using(user=backup.user).enqueue(backup_id=backup.pk)
        eventually(waiting_backends)
        eventually(lambda: (Job.objects.get(pk=job.id).progress or {}).get("done"))
        worker.kill()
        assert is_active(job)
        assert imported(backup) == []
    worker.start()
    with transaction.atomic():  # as the worker does for an atomic task
        import_backup(backup_id=undisturbed.pk)
    eventually(lambda: all_completed(job), seconds=60)
    assert outcomes(job) == ["stalled"]
    assert imported(backup) == imported(undisturbed)
    assert len(imported(backup)) > 500
    backup.refresh_from_db()
    assert backup.content is None
