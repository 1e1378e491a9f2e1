"""The OpenAPI schema: which problems each operation can answer with."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from focusjobs.rest.schema import PROBLEMS

ALWAYS = {401, 406, 429}
"""Without a login, with an odd Accept header, too often."""


@cache
def schema() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)


def operations() -> Iterator[dict[str, Any]]:
    for path in schema()["paths"].values():
        yield from path.values()


def problems(name: str) -> set[int]:
    """The statuses of problems that an operation documents."""
    (found,) = (operation for operation in operations() if operation["operationId"] == name)
    return {int(status) for status in found["responses"] if int(status) >= 400}


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        ("devices", set()),
        ("habits", {400, 404}),
        ("habit_create", {400, 415}),
        ("habit", {404}),
        ("habit_put", {400, 404, 412, 415}),
        ("habit_delete", {404, 412}),
        ("tokens", {404}),
        ("token_create", {400, 403, 415}),
        ("import_create", {400, 413, 415}),
        ("account_delete", {400, 403, 415}),
        ("job", {400, 404}),
        ("job_cancel", {403, 404, 409}),
        ("sync_push", {400, 413, 415, 422}),
        ("sync_pull", {400, 503}),
    ],
)
def test_an_operation_names_the_problems_that_it_can_give(name: str, beside: set[int]) -> None:
    assert problems(name) == ALWAYS | beside


def test_a_file_is_sent_whatever_the_accept_header_says() -> None:
    assert problems("export_file") == {401, 404, 429}


def test_no_operation_stands_for_statuses_that_it_does_not_name() -> None:
    assert [operation["operationId"] for operation in operations() if "default" in operation["responses"]] == []


def test_every_problem_is_a_shared_component() -> None:
    components = schema()["components"]["responses"]
    assert len(components) == len(PROBLEMS)
    for operation in operations():
        told = {status: answer for status, answer in operation["responses"].items() if int(status) >= 400}
        assert {answer["$ref"].removeprefix("#/components/responses/") for answer in told.values()} <= set(components)
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    assert all(component["content"] == content for component in components.values())


def test_reads_with_an_etag_say_that_they_may_not_be_sent_again() -> None:
    conditional = {operation["operationId"] for operation in operations() if "304" in operation["responses"]}
    assert {"habits", "habit", "completion", "profile", "job", "stats_today", "weekly_report"} <= conditional
    assert not {"habit_put", "devices", "sync_pull"} & conditional
