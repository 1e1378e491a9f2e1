"""Schemathesis: whatever is sent to an operation of the schema, it answers as the schema says, and never with a 5xx.

Requests come from the schema, half of them as it wants them and half not so, from a person with a row in every table;
half of the addresses lead to what that person has. The cases are the same in every run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries, transaction
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.integration.jobs.conftest import bells, pulse
from tests.thoroughness import draws

from .people import cast, logged_in

__all__ = ["bells", "pulse"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells", "pulse", "one_connection")]

CASES = draws(8)
"""Requests of each operation, of each of the two kinds."""

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

SAME_EACH_TIME = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=CASES,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def one_connection() -> Iterator[None]:
    """A WSGI handler would close the connection that the test's transaction is on."""
    hooks = [(request_started, close_old_connections), (request_finished, close_old_connections)]
    for signal, receiver in [*hooks, (request_started, reset_queries)]:
        signal.disconnect(receiver)
    yield
    for signal, receiver in [*hooks, (request_started, reset_queries)]:
        signal.connect(receiver)


def operations() -> list[Any]:
    described = SchemaGenerator().get_schema(request=None, public=True)
    for operation in (op for path in described["paths"].values() for op in path.values()):
        operation.pop("security", None)  # made-up tokens would be refused before anything else is looked at
    schema = schemathesis.openapi.from_dict(described)
    schema.app = WSGIHandler()
    return [found.ok() for found in schema.get_all_operations()]


def test_every_operation_keeps_to_the_schema_whatever_it_is_sent() -> None:
    people = cast()
    headers = logged_in(people.people["owner"])
    faults: dict[str, str] = {}
    for operation in operations():
        keys = {name: str(key) for name, key in people.keys_of(operation.path.lstrip("/")).items()}
        for mode in modes_of(operation):
            for fault in faults_of(operation, mode, keys, headers):
                faults.setdefault(f"{operation.label}: {fault.splitlines()[0]}", fault)

    assert not faults, "\n\n".join(f"{name}\n{fault}" for name, fault in faults.items())


def modes_of(operation: Any) -> list[GenerationMode]:
    """The kinds of requests that there can be; where nothing but the address is asked for, nothing can be wrong."""
    asks = bool(operation.path_parameters or operation.query or operation.body)
    return list(GenerationMode) if asks else [GenerationMode.POSITIVE]


def faults_of(operation: Any, mode: GenerationMode, keys: dict[str, str], headers: dict[str, str]) -> list[str]:
    """What was wrong in the answers to requests of one kind."""
    found = []

    @SAME_EACH_TIME
    @given(case=operation.as_strategy(generation_mode=mode), mine=st.booleans())
    def ask(case: Any, mine: bool) -> None:
        if mine:
            case.path_parameters = {name: keys.get(name, value) for name, value in (case.path_parameters or {}).items()}
        found.append(fault_of(case, headers))

    ask()
    return [fault for fault in found if fault]


def fault_of(case: Any, headers: dict[str, str]) -> str:
    with transaction.atomic():
        point = transaction.savepoint()
        try:
            response = case.call(headers=headers)
            case.validate_response(response, checks=CHECKS)
        except AssertionError as error:
            return f"{type(error).__name__} {error}"
        except BaseExceptionGroup as group:
            return f"{group.exceptions}"
        finally:
            transaction.savepoint_rollback(point)
    return ""
