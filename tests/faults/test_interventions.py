"""What operators do reaches real workers: running jobs stop, paused queues rest."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from focusjobs.jobs import EnqueuedJob, interventions
from focusjobs.jobs.interventions import queues
from focusjobs.jobs.models import Attempt, Job, Queue
from tests import tasks
from tests.workers import Worker, eventually

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="the services need Linux")


def state(job: EnqueuedJob) -> str:
    return Job.objects.values_list("state", flat=True).get(pk=job.id)


def test_a_running_job_that_is_cancelled_is_told_to_stop_and_its_worker_goes_on(worker: Worker, tmp_path: Path) -> None:
    stopped = tmp_path / "stopped"
    job = tasks.run_until_cancelled.enqueue(path=str(stopped))
    eventually(lambda: state(job) == "active")
    assert interventions.cancel([job.id], "not wanted", active=True) == {job.id}
    eventually(stopped.exists, seconds=5)
    other = tasks.add.enqueue(x=1, y=2)
    eventually(lambda: state(other) == "completed")
    assert (state(job), Job.objects.get(pk=job.id).error) == ("cancelled", "not wanted")
    assert list(Attempt.objects.filter(job_id=job.id).values_list("outcome", flat=True)) == ["cancelled"]


def test_what_a_cancelled_atomic_job_wrote_is_rolled_back(worker: Worker, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    job = tasks.wait_for_file.enqueue(name="cancelled", path=str(gate))
    eventually(lambda: state(job) == "active")
    interventions.cancel([job.id], "not wanted", active=True)
    gate.touch()
    eventually(lambda: "lost its lease" in worker.log)
    assert (state(job), Group.objects.filter(name="cancelled").exists()) == ("cancelled", False)


def test_a_job_that_is_retried_while_its_cancelled_attempt_still_runs_ends_once(worker: Worker, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    job = tasks.wait_for_file.enqueue(name="again", path=str(gate))
    eventually(lambda: state(job) == "active")
    interventions.cancel([job.id], "not wanted", active=True)
    interventions.retry([job.id])
    gate.touch()
    eventually(lambda: state(job) == "completed")
    assert Group.objects.filter(name="again").count() == 1


def test_a_paused_queue_rests_until_it_is_resumed(worker: Worker) -> None:
    queues.pause("default", by="ana", reason="a look around")
    paused, other = tasks.add.enqueue(x=1, y=1), tasks.add.using(queue="imports").enqueue(x=1, y=1)
    eventually(lambda: state(other) == "completed")
    assert state(paused) == "waiting"
    queues.resume("default")
    eventually(lambda: state(paused) == "completed")


def test_a_pause_ends_by_itself(worker: Worker) -> None:
    queues.pause("default", by="ana", resume_at=timezone.now() + timedelta(seconds=1))
    job = tasks.add.enqueue(x=1, y=1)
    eventually(lambda: state(job) == "completed")
    assert Queue.objects.get(name="default").paused_at is None
