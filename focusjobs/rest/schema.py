"""The OpenAPI schema beyond what drf-spectacular finds by itself: the statuses of problems, and times of day.

The problems of an operation follow from what its view has; a view names in `@extend_schema` only those that its own
rules add, as in `responses={204: None, 409: None}`. All of them are components, one a status.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from drf_spectacular.openapi import AutoSchema
from rest_framework.views import APIView

from focusjobs.rest.bodies import FormWithFile
from focusjobs.rest.conditional import IF_MATCH, SEEN, ConditionalView
from focusjobs.rest.problems import PROBLEM_JSON

TIME_OF_DAY = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?$"

PAGING = {"cursor", "page_size"}
"""Query parameters that are never refused with 400: a cursor of another list is 404, any size is brought in bounds."""

PROBLEMS = {
    400: "The request cannot be read, or its content is not valid; `errors` says what and why.",
    401: "Nobody is logged in, or the token is not valid any more.",
    403: "This is not allowed; `code` says why.",
    404: "There is nothing of this person at this address.",
    406: "The Accept header takes none of the forms that there are.",
    409: "This cannot be done as things stand; `code` says why.",
    412: "It is not what `If-Match` or `If-None-Match` says; read it again.",
    413: "The content is larger than is taken here.",
    415: "The content is of another type than is taken here.",
    422: "The content can be read and not be used; `code` says why.",
    429: "Too many requests; try again after `Retry-After`.",
    503: "Busy; try again after `Retry-After`.",
}
"""What each status of a problem means; an operation can give no other."""

WAIT = {"Retry-After": {"description": "Seconds after which to try again.", "schema": {"type": "integer"}}}
HEADERS: dict[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": {"description": "How to log in.", "schema": {"type": "string"}}},
    429: WAIT,
    503: WAIT,
}


class OperationSchema(AutoSchema):
    """Describes an operation with the problems that it can answer with."""

    def get_override_parameters(self) -> list[Any]:
        """Add the ETags that were seen, where answers have one."""
        return [*super().get_override_parameters(), *([SEEN, IF_MATCH] if self._is_conditional() else [])]

    def get_request_serializer(self) -> Any:
        """Look for no body of a DELETE where its view names none."""
        return None if self.method == "DELETE" else super().get_request_serializer()

    def get_operation(self, *place: Any) -> dict[str, Any] | None:
        """Give the operation with its problems; None where it is left out of the schema."""
        operation: dict[str, Any] | None = super().get_operation(*place)
        if operation is None:
            return None
        answers = operation["responses"]
        if self._is_conditional():
            answers["304"] = {"description": "It has not changed since."}
        own = {int(status) for status in answers if int(status) in PROBLEMS}
        for status in sorted(own | self._problems(operation)):
            answers[str(status)] = {"$ref": f"#/components/responses/{HTTPStatus(status).name}"}
        return operation

    def _problems(self, operation: dict[str, Any]) -> set[int]:
        """Give the statuses of the problems that follow from what the view has."""
        parameters = operation.get("parameters", ())
        names, places = ({parameter[key] for parameter in parameters} for key in ("name", "in"))
        queries = {parameter["name"] for parameter in parameters if parameter["in"] == "query"} - PAGING
        reads = self._reads_a_body(operation)
        follows = {
            400: reads or bool(queries) or "Idempotency-Key" in names,
            401: bool(self.view.get_authenticators()),
            404: "path" in places or "cursor" in names,
            406: type(self.view).perform_content_negotiation is APIView.perform_content_negotiation,
            412: bool(names & {"If-Match", "If-None-Match"}),
            413: reads and any(issubclass(parser, FormWithFile) for parser in self.view.parser_classes),
            415: reads,
            422: "Idempotency-Key" in names,
            429: bool(self.view.get_throttles()),
        }
        return {status for status, gives in follows.items() if gives}

    def _reads_a_body(self, operation: dict[str, Any]) -> bool:
        # Bodies of DELETE are left out of OpenAPI, and are read all the same where a view names one.
        return "requestBody" in operation or (self.method == "DELETE" and self.get_request_serializer() is not None)

    def _is_conditional(self) -> bool:
        return self.method == "GET" and isinstance(self.view, ConditionalView)


def document_problems(result: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Add the components that `OperationSchema` refers to, as far as any operation does."""
    text = {"type": "string"}
    error = {"type": "object", "properties": {"field": text, "code": text, "detail": text}}
    result["components"].setdefault("schemas", {})["Problem"] = {
        "type": "object",
        "description": "An error, as in RFC 9457. `errors` is there when the request's content was not valid.",
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "code": text,
            "request_id": text,
            "errors": {"type": "array", "items": {**error, "required": ["field", "code", "detail"]}},
        },
        "required": ["type", "title", "status", "detail", "code"],
    }
    content = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    result["components"]["responses"] = {
        HTTPStatus(status).name: {"description": meaning, "headers": HEADERS.get(status, {}), "content": content}
        for status, meaning in PROBLEMS.items()
    }
    return result


def document_times(result: Any, **options: Any) -> Any:
    """Say what times of day look like: local, such as 08:30, while the format `time` wants an offset from UTC."""
    if isinstance(result, list):
        return [document_times(part) for part in result]
    if not isinstance(result, dict):
        return result
    told = {name: document_times(part) for name, part in result.items()}
    if told.get("type") == "string" and told.get("format") == "time":
        told["pattern"] = TIME_OF_DAY
        del told["format"]
    return told
