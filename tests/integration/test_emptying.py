"""Tables are emptied when nobody writes any more, who could hold one that is wanted and want one that is held."""

from __future__ import annotations

import os

import psycopg
import pytest
from django.db import connection

from tests.emptying import is_quiet
from tests.launching import NAME
from tests.workers import eventually

pytestmark = pytest.mark.django_db(transaction=True)


def another_session(**options: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(**connection.get_connection_params() | options)


def test_whoever_is_in_a_transaction_is_waited_for() -> None:
    eventually(is_quiet)
    with another_session() as session:
        session.execute("SELECT 1")
        assert not is_quiet()
        session.commit()
        eventually(is_quiet)


def test_what_a_process_that_was_killed_had_asked_for_is_waited_for() -> None:
    gone = os.fork()
    if gone == 0:
        os._exit(0)
    os.waitpid(gone, 0)
    with another_session(application_name=f"{NAME}{os.getpid()}"):
        eventually(is_quiet)
        with another_session(application_name=f"{NAME}{gone}"):
            assert not is_quiet()
        eventually(is_quiet)
