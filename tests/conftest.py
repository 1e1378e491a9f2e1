"""What every test shares: how hypothesis draws, tables that are emptied, and no thread left over that writes counts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import settings
from pytest_django import DjangoDbBlocker

from tests.emptying import empty, forget_dead_rows
from tests.thoroughness import THOROUGH, draws

# A busy machine is no failure. A thorough run draws the same each time, so that what it found can be had again.
settings.register_profile("ours", max_examples=draws(100), derandomize=THOROUGH, deadline=None)
settings.load_profile("ours")


@pytest.fixture(autouse=True, scope="session")
def unhurried_counts() -> Iterator[None]:
    """Counts are written where a test says so; a pulse has no database to write to between two tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("focusjobs.jobs.telling.tally.INTERVAL", float("inf"))
        yield


@pytest.fixture(autouse=True, scope="session")
def quick_emptying() -> Iterator[None]:
    """Tests whose commits others see leave empty tables behind, at less cost than Django's own way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: empty())
        yield


@pytest.fixture(autouse=True, scope="module")
def no_dead_rows(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """What the tests of a module wrote and took back does not slow down those that follow."""
    yield
    if connection.connection is not None:
        with django_db_blocker.unblock():
            forget_dead_rows()
