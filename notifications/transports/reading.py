"""Reading what providers answer. It comes from outside: it may be anything, and ends up in logs and tables."""

from __future__ import annotations

import json
import re
from typing import Any

CODE = re.compile(r"[A-Za-z0-9_]{1,64}")


def json_object(body: bytes) -> dict[str, Any]:
    """Give the object that a body holds; an empty one where it holds something else, as the HTML of a proxy."""
    try:
        found = json.loads(body)
    except ValueError:  # not JSON, or not UTF-8
        return {}
    return found if isinstance(found, dict) else {}


def code_of(value: object) -> str:
    """Give a code as providers write them, or nothing for what cannot be one."""
    return value if isinstance(value, str) and CODE.fullmatch(value) else ""
