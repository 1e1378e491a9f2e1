"""Requests that may come twice: the Idempotency-Key by which a repetition is known.

The header is that of draft-ietf-httpapi-idempotency-key-header. A key belongs to a person, and is kept with what its
request made.
"""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import APIException

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.UUID,
    OpenApiParameter.HEADER,
    description="A UUID for this request; a repetition with it is answered as the first and makes nothing new.",
)


class BadKey(APIException):
    """The key is no UUID: 400."""

    status_code = 400
    default_code = "shape"
    default_detail = "Idempotency-Key is a UUID, a new one for each request; a repetition has that of the first."


class KeyReused(APIException):
    """The key belongs to a request with another body: 422."""

    status_code = 422
    default_code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key was used for another body; a changed request needs a new key."


def require_same(kept: bytes | memoryview | None, asked: bytes | None) -> None:
    """Compare the hash that was kept with a key to that of what is asked for with it now. Raises `KeyReused`."""
    if bytes(kept or b"") != asked:
        raise KeyReused


def key_of(request: HttpRequest) -> UUID | None:
    """Give the key of a request, None where it has none. Raises `BadKey`."""
    text = request.headers.get("Idempotency-Key")
    if text is None:
        return None
    try:
        return UUID(text.strip().strip('"'))
    except ValueError as error:
        raise BadKey from error
