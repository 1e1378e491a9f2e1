"""Reads the body of a push, which may be compressed, without ever holding more than the limit."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from pydantic_core import from_json
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser

from .limits import MAX_BYTES, MAX_DEPTH
from .problems import BadShape, TooLarge

SURROGATE = b"\\ud"
"""How the escape of a surrogate begins."""

GZIP = 16 + zlib.MAX_WBITS
"""zlib's name for the gzip format."""


class Body(BaseParser):
    """A JSON body, also with `Content-Encoding: gzip`, as bytes: what was sent is hashed before it is read."""

    media_type = "application/json"

    def parse(  # type: ignore[override]  # bytes, where parsers usually give what they have read from them
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> bytes:
        """Give the decompressed bytes. Raises `TooLarge`, `BadShape` or `UnsupportedMediaType`."""
        sent = stream.read(MAX_BYTES + 1)
        encoding = parser_context["request"].headers.get("Content-Encoding", "identity").strip().lower()
        if encoding == "gzip":
            return _decompress(sent)
        if encoding != "identity":
            raise UnsupportedMediaType(encoding, "Content-Encoding may be gzip or absent.")
        if len(sent) > MAX_BYTES:
            raise _too_many_bytes()
        return sent


def _decompress(sent: bytes) -> bytes:
    reader = zlib.decompressobj(GZIP)
    try:
        body = reader.decompress(sent, MAX_BYTES + 1)
    except zlib.error as error:
        raise BadShape("The body is not gzip, although Content-Encoding says so.") from error
    if len(body) > MAX_BYTES or len(sent) > MAX_BYTES:
        raise _too_many_bytes()
    if not reader.eof or reader.unused_data:
        raise BadShape("The gzip body is cut off, or something follows it.")
    return body


def _too_many_bytes() -> TooLarge:
    return TooLarge(f"A push has at most {MAX_BYTES:,} bytes of JSON; split it.")


def read_changes(body: bytes) -> Mapping[str, Any]:
    """Give the tables of a push: the body itself, or its `changes`. Raises `BadShape`.

    NaN and infinity are let through here, so that the row which has them can be refused by its id.
    """
    document = _document(body)
    if depth_of(document) > MAX_DEPTH:
        raise BadShape(f"The body has lists and objects more than {MAX_DEPTH} deep.")
    changes = document.get("changes", document) if isinstance(document, dict) else None
    if not isinstance(changes, dict):
        raise BadShape('The body is an object of tables, or {"changes": …} with such an object.')
    return changes


def _document(body: bytes) -> Any:
    """Read the JSON; the slower way lets halves of a surrogate pair through, which a cut-off emoji leaves in a text."""
    try:
        return from_json(body, allow_inf_nan=True)
    except ValueError as error:
        reason = error
    try:
        return json.loads(body) if SURROGATE in body.lower() else _refuse(reason)
    except (ValueError, RecursionError) as error:
        raise BadShape(f"The body is not JSON: {reason}.") from error


def _refuse(reason: ValueError) -> NoReturn:
    raise reason


def depth_of(document: Any) -> int:
    """Count the lists and objects within each other, those that hold something."""
    depth, level = 0, [document]
    while level := [part for parent in level for part in _parts(parent)]:
        depth += 1
    return depth


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
