"""Reads what a phone says beside the body: who it is, what it has seen, and how long it would wait."""

from __future__ import annotations

import re
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, ValidationError
from rest_framework.request import Request

from .limits import LONGEST_WAIT
from .problems import BadShape
from .pulling import Migration
from .rows import ID
from .shape import TABLES


class _Columns(BaseModel):
    table: str
    columns: list[str]


class _SchemaChange(BaseModel):
    """WatermelonDB's `migration` parameter; its `from` is a version of the phone's schema, which says nothing here."""

    model_config = ConfigDict(extra="ignore")

    tables: list[str] = []
    columns: list[_Columns] = []


def device_of(request: Request, *, required: bool) -> str:
    """Give the phone's identifier, or "" where it has not to say it. Raises `BadShape`."""
    device = request.headers.get("X-Device-Id", "")
    if not device and not required:
        return ""
    if not ID.fullmatch(device) or device == "server":
        raise BadShape("X-Device-Id is the phone's own identifier: 1 to 64 letters, digits or any of _ . -")
    return device


def cursor_of(request: Request) -> int:
    """Give the version that the phone has seen; 0 where it has seen none. Raises `BadShape`."""
    text = request.query_params.get("last_pulled_at", "").strip()
    if text in ("", "null", "undefined"):
        return 0
    if not re.fullmatch(r"\d{1,18}", text, re.ASCII):
        raise BadShape("last_pulled_at is the `timestamp` of the latest pull, or absent before the first.")
    return int(text)


def wait_of(request: Request) -> timedelta | None:
    """Give how long the phone would wait for the merge (RFC 7240); None where it would not."""
    prefer = request.headers.get("Prefer", "")
    if re.search(r"\brespond-async\b", prefer, re.IGNORECASE):
        return None
    found = re.search(r"\bwait=(\d{1,6})\b", prefer, re.IGNORECASE | re.ASCII)
    asked = timedelta(seconds=int(found[1])) if found else LONGEST_WAIT
    # No wait at all is a lock that is free at once; PostgreSQL takes 0 for “as long as it takes”.
    return min(max(asked, timedelta(milliseconds=1)), LONGEST_WAIT)


def migration_of(request: Request) -> Migration | None:
    """Give what the phone's new schema has that its old one had not. Raises `BadShape`."""
    text = request.query_params.get("migration", "").strip()
    if text in ("", "null", "undefined"):
        return None
    try:
        change = _SchemaChange.model_validate_json(text)
    except ValidationError as error:
        raise BadShape("migration is what WatermelonDB gives to pullChanges, as JSON.") from error
    columns = {part.table: part.columns for part in change.columns if part.table in TABLES}
    return Migration([table for table in change.tables if table in TABLES], columns)
