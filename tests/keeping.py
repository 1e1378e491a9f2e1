"""Rows that all tests of a module find, which are written once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker

T = TypeVar("T")


@contextmanager
def kept(blocker: DjangoDbBlocker, fill: Callable[[], T]) -> Iterator[T]:
    """Let the tests of a block find rows: their transactions are parts of one, which is taken back in the end."""
    with blocker.unblock(), transaction.atomic():
        made = fill()
        connection.check_constraints()  # or each test would, at its end
        yield made
        transaction.set_rollback(True)


def kept_for_module(fill: Callable[[], Any]) -> Any:
    """Make a fixture: what `fill` has written, and gives, for all tests of a module."""

    @pytest.fixture(scope="module")
    def made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Any]:
        with kept(django_db_blocker, fill) as rows:
            yield rows

    return made
