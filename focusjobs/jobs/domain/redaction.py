"""Hides what is nobody's business in arguments: what looks like a secret, and what a task names.

Pure: no Django, no clock, no I/O.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from focusjobs.logs.secrets import SECRET_NAME

HIDDEN = "•••"
"""What stands for a value that is hidden, whatever its length."""


def redacted(value: Any, names: Collection[str] = ()) -> Any:
    """Give arguments with the values of secret names hidden, at any depth; `names` are hidden besides."""
    if isinstance(value, dict):
        return {name: HIDDEN if _is_hidden(name, names) else redacted(item, names) for name, item in value.items()}
    if isinstance(value, list):
        return [redacted(item, names) for item in value]
    return value


def hides(value: Any, names: Collection[str] = ()) -> bool:
    """Tell whether anything of the arguments would be hidden."""
    if isinstance(value, dict):
        return any(_is_hidden(name, names) or hides(item, names) for name, item in value.items())
    return isinstance(value, list) and any(hides(item, names) for item in value)


def _is_hidden(name: str, names: Collection[str]) -> bool:
    return name in names or SECRET_NAME.search(name) is not None
