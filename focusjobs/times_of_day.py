"""Times of day in the OpenAPI schema: local, such as 08:30, while its format `time` wants an offset from UTC."""

from __future__ import annotations

from typing import Any

PATTERN = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?$"


def document_times(result: Any, **options: Any) -> Any:
    """Say what times of day look like, in place of RFC 3339's full-time (a drf-spectacular post-processing hook)."""
    if isinstance(result, list):
        return [document_times(part) for part in result]
    if not isinstance(result, dict):
        return result
    told = {name: document_times(part) for name, part in result.items()}
    if told.get("type") == "string" and told.get("format") == "time":
        told["pattern"] = PATTERN
        del told["format"]
    return told
