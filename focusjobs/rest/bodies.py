"""How much a form with a file may have: what is too large is refused before it is read.

Django reads no more than Content-Length says, and nothing without it. All other content has Django's own limit,
DATA_UPLOAD_MAX_MEMORY_SIZE, or that of `habits.sync.body`.
"""

from __future__ import annotations

from typing import IO, Any

from rest_framework.exceptions import APIException
from rest_framework.parsers import MultiPartParser

ENVELOPE = 64 * 1024
"""Bytes that a form may have around its file."""


class TooLarge(APIException):
    """The request's content is larger than is read here."""

    status_code = 413
    default_code = "too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"A request here has at most {limit:,} bytes.")


class FormWithFile(MultiPartParser):
    """A form with one file; a subclass says how large that may be."""

    limit: int

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None) -> Any:
        """Read the content. Raises `TooLarge` or `ParseError`."""
        _refuse_beyond(self.limit + ENVELOPE, parser_context)
        return super().parse(stream, media_type, parser_context)


def _refuse_beyond(limit: int, parser_context: Any) -> None:
    length = parser_context["request"].META.get("CONTENT_LENGTH") or "0"
    if not length.isascii() or not length.isdecimal() or int(length) > limit:
        raise TooLarge(limit)
