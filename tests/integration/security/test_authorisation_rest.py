"""Every route and method of the REST interface, as nobody, as its owner, as somebody else, and locked out."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from .endpoints import METHODS, address, routes
from .people import MARK, Cast, cast, fingerprint, phone
from .rest_rows import ACCOUNT_ROWS, AUTH, ROWS, Row, Who

pytestmark = pytest.mark.django_db

TABLE = {(row.method, row.pattern): row for row in (*ROWS, *ACCOUNT_ROWS)}
ELSEWHERE = "admin/"
"""Whose table is in test_authorisation_admin.py."""


def ours() -> list[Any]:
    return [route for route in routes() if not route.pattern.startswith(ELSEWHERE)]


def test_every_method_of_every_route_has_its_row_and_no_row_is_stale() -> None:
    of_classes = {(method, route.pattern) for route in ours() if route.methods is not None for method in route.methods}
    functions = {route.pattern for route in ours() if route.methods is None}
    in_table = {key for key in TABLE if key[1] not in functions}

    assert sorted(of_classes - in_table) == [], "endpoints without a row in rest_rows.py"
    assert sorted(in_table - of_classes) == [], "rows of endpoints that are gone"
    assert sorted(functions - {pattern for _, pattern in TABLE}) == [], "functions without a row in rest_rows.py"


def test_no_row_is_there_twice() -> None:
    assert [
        key for key, times in Counter((r.method, r.pattern) for r in (*ROWS, *ACCOUNT_ROWS)).items() if times > 1
    ] == []


def test_an_endpoint_that_is_added_without_a_row_is_named(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.integration.security.one_more"

    with pytest.raises(AssertionError, match="api/v1/one-more"):
        test_every_method_of_every_route_has_its_row_and_no_row_is_stale()


def test_each_row_is_answered_as_it_says() -> None:
    people = cast()
    clients: dict[Who, Client] = {who: phone(user) for who, user in people.people.items()} | {"anonymous": phone(None)}
    wrong, before = [], fingerprint()
    for row in TABLE.values():
        for who in clients:
            wrong += faults(row, who, clients[who], people, before)

    assert not wrong, "\n".join(wrong)


def faults(row: Row, who: Who, client: Client, people: Cast, before: dict[str, str]) -> list[str]:
    """What is not as the row says; whatever the request did is undone."""
    with transaction.atomic():
        point = transaction.savepoint()
        response = ask(client, row, people)
        after = fingerprint() if who != "owner" else before
        transaction.savepoint_rollback(point)
    found = []
    if response.status_code != row.status(who):
        found.append(
            f"{row.name}: {who} is answered {response.status_code}, not {row.status(who)}: {response.content!r:.300}"
        )
    if before != after:
        changed = [label for label in before if before[label] != after[label]]
        found.append(f"{row.name}: {who} changed the owner's {changed}")
    if who != "owner" and MARK.lower().encode() in response.content.lower():
        found.append(f"{row.name}: {who} reads what is the owner's")
    return found


def ask(client: Client, row: Row, people: Cast) -> Any:
    where = address(row.pattern, people.keys_of(row.pattern)) + row.query
    if row.body is None:
        return client.generic(row.method, where)
    how: dict[str, Any] = {} if row.form else {"content_type": "application/json"}
    body = json.loads(json.dumps(row.body).replace('"<session>"', str(people.session)))
    return getattr(client, row.method.lower())(where, body, **how)


def test_methods_without_a_row_are_refused() -> None:
    people = cast()
    client = phone(people.people["owner"])
    answered = []
    for route in ours():
        for method in METHODS:
            if (method, route.pattern) not in TABLE:
                with transaction.atomic():
                    point = transaction.savepoint()
                    status = client.generic(method, address(route.pattern, people.keys_of(route.pattern))).status_code
                    transaction.savepoint_rollback(point)
                if not (status == 405 or (route.pattern.startswith(AUTH) and 400 <= status < 500)):
                    answered.append(f"{method} {route.pattern}: {status}")

    assert not answered, "\n".join(answered)
