"""The worker outlives a restart of Valkey: this holds the pinned version of Celery."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from kombu import Connection

from focusjobs.dev.guard import RUN_VARIABLE
from focusjobs.dev.services import DevServices
from focusjobs.jobs.models import Job
from tests import tasks
from tests.workers import Worker, eventually


@pytest.fixture
def valkey() -> Iterator[DevServices]:
    with DevServices(postgres=False) as services:
        yield services


@pytest.fixture
def worker(valkey: DevServices, transactional_db: None, tmp_path: Path) -> Iterator[Worker]:
    """A worker with a Valkey of its own; its database is the test's, and so it hears of jobs by housekeeping alone."""
    worker = Worker(tmp_path, {"REDIS_URL": valkey.environment["REDIS_URL"], RUN_VARIABLE: str(valkey.run_directory)})
    yield worker.start()
    worker.kill()


def state_of(number: int) -> str:
    return Job.objects.get(pk=number).state


def test_a_worker_outlives_a_restart_of_valkey(worker: Worker, valkey: DevServices, tmp_path: Path) -> None:
    """Celery 5.7.0 dies of it where a message is unacknowledged while the worker waits for its next one."""
    gate, pid = tmp_path / "gate", worker.pid
    job = tasks.wait_for_file.enqueue(name="restart", path=str(gate)).id
    with redis.Redis.from_url(valkey.environment["REDIS_URL"]) as client:
        eventually(lambda: state_of(job) == "active" and not client.llen("default"))
        send_directly(tasks.block_until_file, valkey, path=str(gate))
        eventually(lambda: client.hlen("unacked"))

    valkey.stop_server("valkey")
    eventually(
        lambda: "Connection to broker lost" in worker.log or "Cannot connect to" in worker.log or not worker.runs()
    )
    gate.touch()
    eventually(lambda: state_of(job) == "completed")
    valkey.start_server("valkey")
    later = tasks.add.enqueue(x=1, y=2).id
    eventually(lambda: state_of(later) == "completed", seconds=30)
    assert worker.runs()
    assert worker.pid == pid


def send_directly(task: Any, services: DevServices, **arguments: str) -> None:
    """Send a message of another package's task, which is acknowledged only after it has run."""
    address = services.environment["REDIS_URL"].replace("unix://", "redis+socket://").replace("db=", "virtual_host=")
    with Connection(address) as connection:
        task.apply_async(kwargs=arguments, queue="default", connection=connection)
