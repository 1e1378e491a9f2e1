"""Which workers there are, live or silent, and what each is doing."""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.looking import workers
from focusjobs.jobs.models import Job, Release, Worker
from focusjobs.jobs.worker import heart
from focusjobs.jobs.worker.heart import Heart

from .rows import job_in

pytestmark = pytest.mark.django_db


def celery(name: str = "celery@h", queues: tuple[str, ...] = ("default",), pids: tuple[int, ...] = ()) -> Any:
    """Give what of a Celery worker the heart looks at."""
    pool = SimpleNamespace(_pool=SimpleNamespace(_pool=[SimpleNamespace(pid=pid) for pid in pids]))
    amqp = SimpleNamespace(queues=SimpleNamespace(consume_from=dict.fromkeys(queues)))
    return SimpleNamespace(hostname=name, concurrency=4, pool=pool, app=SimpleNamespace(amqp=amqp))


def beat(**about: Any) -> Worker:
    worker = celery(**about)
    Heart(worker).beat()
    return Worker.objects.get(pk=worker.hostname)


def test_a_worker_tells_what_it_is(settings: Any) -> None:
    settings.RELEASE = "1.4"
    worker = beat(queues=("imports", "default", "celery"), pids=(8, 7))
    assert (worker.queues, worker.processes, worker.concurrency) == (["default", "imports"], [7, 8], 4)
    assert (worker.host, worker.pid, worker.release) == (socket.gethostname(), os.getpid(), "1.4")
    assert worker.memory is None or worker.memory > 1_000_000
    assert Release.objects.get().name == "1.4"


def test_a_pool_of_threads_has_no_processes_of_its_own() -> None:
    worker = celery()
    worker.pool = SimpleNamespace(_pool=None)
    Heart(worker).beat()
    assert Worker.objects.get().processes == []


def test_it_beats_now_and_then_not_at_every_round() -> None:
    heart = Heart(celery())
    heart.beat()
    Worker.objects.update(seen_at=timezone.now() - timedelta(hours=1))
    heart.beat()
    assert workers.known_workers(timezone.now())[0].state == "silent"
    heart.due = None
    heart.beat()
    assert workers.known_workers(timezone.now())[0].state == "live"


def test_live_silent_and_stopped_ones_are_told_apart_and_the_silent_come_first() -> None:
    for name in ("a@h", "b@h", "c@h"):
        beat(name=name)
    Worker.objects.filter(name="b@h").update(seen_at=timezone.now() - timedelta(minutes=1))
    Heart(celery("c@h")).stop()
    assert [(known.worker.name, known.state) for known in workers.known_workers(timezone.now())] == [
        ("b@h", "silent"),
        ("a@h", "live"),
        ("c@h", "stopped"),
    ]
    assert [worker.name for worker in workers.live_workers()] == ["a@h"]


def test_one_that_starts_again_has_a_new_beginning() -> None:
    first = beat().started_at
    Worker.objects.update(started_at=first - timedelta(hours=1))
    assert beat().started_at == first - timedelta(hours=1)
    Heart(celery()).stop()
    again = beat()
    assert (again.started_at > first - timedelta(hours=1), again.stopped_at) == (True, None)


def test_a_successor_is_not_stopped_by_the_one_before() -> None:
    beat()
    Worker.objects.update(pid=os.getpid() + 1)
    Heart(celery()).stop()
    assert workers.known_workers(timezone.now())[0].state == "live"


def test_each_shows_the_jobs_that_it_holds() -> None:
    worker = beat(pids=(7, 8))
    mine, other = job_in(State.ACTIVE), job_in(State.ACTIVE)
    Job.objects.filter(pk=mine.pk).update(worker=f"8@{worker.host}")
    Job.objects.filter(pk=other.pk).update(worker="8@elsewhere")
    (known,) = workers.known_workers(timezone.now())
    assert known.running == [mine]
    mine.refresh_from_db()
    other.refresh_from_db()
    assert workers.of_job(mine) == worker
    assert workers.of_job(other) is None
    assert workers.of_job(job_in(State.WAITING)) is None


def test_the_jobs_of_all_workers_are_found_by_one_statement(django_assert_num_queries: Any) -> None:
    jobs = [job_in(State.ACTIVE) for _ in range(3)]
    for pid, job in enumerate(jobs, 7):
        host = beat(name=f"{pid}@h", pids=(pid,)).host
        Job.objects.filter(pk=job.pk).update(worker=f"{pid}@{host}")
    with django_assert_num_queries(2):  # workers, jobs
        assert [known.running for known in workers.known_workers(timezone.now())] == [[job] for job in jobs]


def test_those_that_are_long_gone_are_forgotten() -> None:
    beat(name="a@h")
    beat(name="b@h")
    Worker.objects.filter(name="a@h").update(seen_at=timezone.now() - timedelta(days=2))
    heart.forget_old()
    assert [worker.name for worker in Worker.objects.all()] == ["b@h"]


def test_memory_is_summed_and_processes_that_are_gone_are_left_out() -> None:
    own = heart.memory_of([os.getpid()])
    gone = heart.memory_of([2**22 + 1])
    assert gone is None
    if own is not None:
        assert own > 1_000_000
