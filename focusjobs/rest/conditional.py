"""Conditional requests (RFC 9110, 13): answers that need not be sent again, and writes that overwrite nothing."""

from __future__ import annotations

import json
import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.http import ConditionalGetMiddleware
from django.utils.decorators import decorator_from_middleware, method_decorator
from django.utils.http import parse_etags
from django.views.decorators.cache import cache_control
from drf_spectacular.utils import OpenApiParameter
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.views import APIView

from .problems import PROBLEM_JSON, problem

IF_MATCH = OpenApiParameter("If-Match", location="header", description="The ETag that was seen; 412 where it changed.")
IF_NONE_MATCH = OpenApiParameter("If-None-Match", location="header", description="`*`: 412 where there is one already.")
SEEN = OpenApiParameter("If-None-Match", location="header", description="The ETag of an earlier answer.")


class PreconditionFailed(APIException):
    """What is to be changed is not what was seen."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = "This has changed since it was read; read it again."
    default_code = "precondition_failed"


class _ConditionalGet(ConditionalGetMiddleware):
    """Django's conditional GET, with a problem document where what is read is not what `If-Match` says."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Answer with the response, without its body, or by a refusal."""
        answer, failed = super().process_response(request, response), PreconditionFailed
        if answer is not response and isinstance(answer, HttpResponse) and answer.status_code == failed.status_code:
            document = problem(failed.status_code, code=failed.default_code, detail=failed.default_detail)
            answer.content, answer.headers["Content-Type"] = json.dumps(document), PROBLEM_JSON
        return answer


CONDITIONAL: list[Any] = [cache_control(private=True, no_cache=True), decorator_from_middleware(_ConditionalGet)]
"""What makes the answers to GET of a view conditional."""


@method_decorator(CONDITIONAL, name="dispatch")
class ConditionalView(APIView):
    """A view whose answers to GET have an ETag; a request with the same one in `If-None-Match` is answered by 304.

    With another one in `If-Match` it is answered by 412.
    """


def etag_of(version: int) -> str:
    """Give the ETag of a version."""
    return f'"{version}"'


def seen_versions(request: HttpRequest) -> frozenset[int] | None:
    """Give the versions in `If-Match`; None where the header is absent or `*`, which every version matches.

    What no version has, such as a weak ETag, matches none.
    """
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return None
    found = (re.fullmatch(r'"(\d{1,18})"', tag, re.ASCII) for tag in parse_etags(header))
    return frozenset(int(match[1]) for match in found if match)


def wants_new(request: HttpRequest) -> bool:
    """Tell whether nothing may be there yet: `If-None-Match: *`."""
    return request.headers.get("If-None-Match", "").strip() == "*"
