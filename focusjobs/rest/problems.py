"""Errors of the REST interface, as RFC 9457 problem documents (application/problem+json)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError as ModelValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import get_error_detail
from rest_framework.response import Response
from rest_framework.views import exception_handler as rest_exception_handler

from focusjobs.logs import correlation

PROBLEM_JSON = "application/problem+json"
INVALID = "The content of the request is not valid; `errors` says what and why."
WHOLE = "non_field_errors"
"""Django REST Framework's name for an error that belongs to no single field."""


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an exception of a view into a problem document; None leaves a programming error to Django.

    A `ValidationError` of a model or service counts as one of the request's. `members` of an exception are added.
    """
    if isinstance(error, ModelValidationError):
        error = ValidationError(get_error_detail(error))
    response = rest_exception_handler(error, context)
    if response is None:
        return None
    detail = response.data.get("detail") if isinstance(response.data, dict) else None
    if isinstance(detail, ErrorDetail):
        more = getattr(error, "members", {})
        response.data = problem(response.status_code, code=detail.code, detail=detail, **more)
    else:
        response.data = problem(response.status_code, code="invalid", detail=INVALID, errors=flatten(response.data))
    response.content_type = PROBLEM_JSON
    return response


def problem(status: int, **members: Any) -> dict[str, Any]:
    """Give a problem document. Its type is about:blank, so that the title is the status' own (RFC 9457, 4.2.1).

    `request_id` is the id under which the request is in the logs, where there is one.
    """
    known = {name: value for name, value in correlation.fields().items() if name == "request_id"}
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, **members, **known}


def flatten(detail: Any, field: str = "") -> list[dict[str, str]]:
    """List the errors of a validation as `field` (a path of names and numbers, "" for the whole), `code`, `detail`."""
    if isinstance(detail, dict):
        parts = [(name, part) for name, part in detail.items()]
    elif isinstance(detail, list):
        # Errors of one field lie in a list of texts, those of a list's items in a list of dicts.
        parts = [(str(n) if isinstance(part, dict) else WHOLE, part) for n, part in enumerate(detail)]
    else:
        return [{"field": field, "code": detail.code, "detail": str(detail)}]
    return [error for name, part in parts for error in flatten(part, _join(field, str(name)))]


def _join(field: str, name: str) -> str:
    return field if name in (WHOLE, "__all__") else f"{field}.{name}".removeprefix(".")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django itself refuses to read: a problem document under /api/, a page elsewhere."""
    return _answer(request, 400, "The request cannot be read.") or defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what is forbidden outside REST framework: a problem document under /api/, a page elsewhere."""
    return _answer(request, 403, "This is not allowed.") or defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that does not exist: a problem document under /api/, a page elsewhere."""
    return _answer(request, 404, "There is nothing at this address.") or defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a programming error: a problem document under /api/, a page elsewhere."""
    return _answer(request, 500, "Something went wrong here; trying again later may help.") or defaults.server_error(
        request
    )


def _answer(request: HttpRequest, status: int, detail: str) -> HttpResponse | None:
    if not request.path.startswith("/api/"):
        return None
    document = problem(status, code=HTTPStatus(status).name.lower(), detail=detail)
    return JsonResponse(document, status=status, content_type=PROBLEM_JSON)
