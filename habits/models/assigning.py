"""Setting what people can set of a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Model


def assign(row: Model, values: Mapping[str, Any]) -> set[str]:
    """Make a row what these values say and give the names of those that were otherwise; saves nothing."""
    changed = {name for name, value in values.items() if getattr(row, name) != value}
    for name in changed:
        setattr(row, name, values[name])
    return changed
