"""The OpenAPI schema: which problems each operation can answer with, by what its view has."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, ClassVar

import pytest
from django.urls import path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response
from rest_framework.views import APIView

from focusjobs.rest.bodies import FormWithFile
from focusjobs.rest.conditional import IF_MATCH, ConditionalView
from focusjobs.rest.pagination import CursorPages
from focusjobs.rest.schema import PROBLEMS

ALWAYS = {401, 406, 429}
"""Without a login, with an odd Accept header, too often."""


class Thing(serializers.Serializer[Any]):
    name = serializers.CharField()


class Pages(CursorPages):
    ordering = "-id"


class Form(FormWithFile):
    limit = 10


class Plain(APIView):
    @extend_schema(operation_id="read", responses=Thing)
    def get(self, request: Any) -> Response: ...

    @extend_schema(operation_id="write", request=Thing, responses=Thing)
    def post(self, request: Any) -> Response: ...

    @extend_schema(operation_id="act", request=None, responses={200: Thing, 403: None, 409: None})
    def put(self, request: Any) -> Response: ...

    @extend_schema(operation_id="remove_with_proof", request=Thing, responses={204: None})
    def delete(self, request: Any) -> Response: ...


class One(ConditionalView):
    @extend_schema(operation_id="read_one", responses=Thing)
    def get(self, request: Any, number: int) -> Response: ...

    @extend_schema(operation_id="change_one", parameters=[IF_MATCH], request=Thing, responses=Thing)
    def patch(self, request: Any, number: int) -> Response: ...

    @extend_schema(operation_id="remove_one", responses={204: None})
    def delete(self, request: Any, number: int) -> Response: ...


class Many(GenericAPIView[Any]):
    serializer_class = Thing
    pagination_class = Pages

    @extend_schema(operation_id="list", responses=Thing(many=True))
    def get(self, request: Any) -> Response: ...


class Asked(APIView):
    @extend_schema(operation_id="ask", parameters=[OpenApiParameter("since", str)], responses=Thing)
    def get(self, request: Any) -> Response: ...


class Upload(APIView):
    parser_classes = (Form,)

    @extend_schema(operation_id="upload", request=Thing, responses=Thing)
    def post(self, request: Any) -> Response: ...


class Open(APIView):
    authentication_classes = ()
    throttle_classes = ()
    permission_classes: ClassVar[Any] = ()

    @extend_schema(operation_id="open", responses=Thing)
    def get(self, request: Any) -> Response: ...


class AnyForm(APIView):
    def perform_content_negotiation(self, request: Any, force: bool = False) -> Any:
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(operation_id="file", responses=Thing)
    def get(self, request: Any) -> Response: ...


VIEWS = {"plain": Plain, "one/<int:number>": One, "many": Many, "asked": Asked, "upload": Upload}
VIEWS |= {"open": Open, "file": AnyForm}


@cache
def schema() -> dict[str, Any]:
    return SchemaGenerator(
        patterns=[path(f"api/v1/{where}", view.as_view()) for where, view in VIEWS.items()]
    ).get_schema(request=None, public=True)


@cache
def whole_schema() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)


def operations(described: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in described["paths"].values():
        yield from methods.values()


def statuses(name: str) -> set[int]:
    (found,) = (operation for operation in operations(schema()) if operation["operationId"] == name)
    return {int(status) for status in found["responses"]}


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        ("read", {200}),
        ("write", {200, 400, 415}),
        ("act", {200, 403, 409}),
        ("remove_with_proof", {204, 400, 415}),
        ("read_one", {200, 304, 404, 412}),
        ("change_one", {200, 400, 404, 412, 415}),
        ("remove_one", {204, 404}),
        ("list", {200, 404}),
        ("ask", {200, 400}),
        ("upload", {200, 400, 413, 415}),
    ],
)
def test_an_operation_names_the_statuses_that_it_can_give(name: str, beside: set[int]) -> None:
    assert statuses(name) == ALWAYS | beside


def test_what_a_view_does_without_gives_no_problem() -> None:
    assert statuses("open") == {200, 406}
    assert statuses("file") == {200, 401, 429}


def test_no_operation_of_the_interface_stands_for_statuses_that_it_does_not_name() -> None:
    described = list(operations(whole_schema()))
    assert len(described) > 50
    assert [operation["operationId"] for operation in described if "default" in operation["responses"]] == []


def test_every_problem_of_the_interface_is_a_shared_component() -> None:
    components = whole_schema()["components"]["responses"]
    assert len(components) == len(PROBLEMS)
    for operation in operations(whole_schema()):
        told = {status: answer for status, answer in operation["responses"].items() if int(status) >= 400}
        assert {answer["$ref"].removeprefix("#/components/responses/") for answer in told.values()} <= set(components)
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    assert all(component["content"] == content for component in components.values())
