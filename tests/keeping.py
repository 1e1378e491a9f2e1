"""Rows that all tests of a module find, which are written once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

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
