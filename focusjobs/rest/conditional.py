"""Conditional requests (RFC 9110, 13): answers that need not be sent again, and writes that overwrite nothing."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest
from django.utils.decorators import method_decorator
from django.utils.http import parse_etags
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import OpenApiParameter
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.views import APIView

CONDITIONAL: list[Any] = [cache_control(private=True, no_cache=True), conditional_page]
"""What makes the answers to GET of a view conditional."""

IF_MATCH = OpenApiParameter("If-Match", location="header", description="The ETag that was seen; 412 where it changed.")
IF_NONE_MATCH = OpenApiParameter("If-None-Match", location="header", description="`*`: 412 where there is one already.")
SEEN = OpenApiParameter("If-None-Match", location="header", description="The ETag of an earlier answer.")


@method_decorator(CONDITIONAL, name="dispatch")
class ConditionalView(APIView):
    """A view whose answers to GET have an ETag; a request with the same one in `If-None-Match` is answered by 304."""


class PreconditionFailed(APIException):
    """What is to be changed is not what was seen."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = "This has changed since it was read; read it again."
    default_code = "precondition_failed"


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
