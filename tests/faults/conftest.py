"""A database whose commits other processes see, and workers on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from focusjobs.jobs.telling import wakeups
from tests.emptying import empty
from tests.services import guard_mark
from tests.workers import Worker


@pytest.fixture(scope="module")
def transactional_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The test database as other processes see it, emptied after the module and not after each test.

    It takes the place and the name of pytest-django's fixture, by which pytest-django knows who needs the database.
    """
    with django_db_blocker.unblock():
        yield
        empty()
        connection.close()


@pytest.fixture(scope="module")
def workers(
    transactional_db: None, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Worker]]:
    """Two workers that are not started; whatever happens, they are killed at the end."""
    wakeups.client().flushdb()  # messages outlive a test
    mark = guard_mark(request.config)
    both = [Worker(tmp_path_factory.mktemp(name), mark) for name in ("one", "other")]
    yield both
    for worker in both:
        worker.kill()
    wakeups.client().flushdb()


@pytest.fixture
def worker(workers: list[Worker]) -> Worker:
    """A worker that runs. It is shared by the tests of a module, since starting it takes seconds."""
    return workers[0].start()
