"""What the OpenAPI schema says beyond what drf-spectacular finds by itself: its post-processing hooks."""

from __future__ import annotations

from typing import Any

from focusjobs.rest.problems import PROBLEM_JSON

TIME_OF_DAY = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?$"


def document_times(result: Any, **options: Any) -> Any:
    """Say what times of day look like: local, such as 08:30, while the format `time` wants an offset from UTC."""
    if isinstance(result, list):
        return [document_times(part) for part in result]
    if not isinstance(result, dict):
        return result
    told = {name: document_times(part) for name, part in result.items()}
    if told.get("type") == "string" and told.get("format") == "time":
        told["pattern"] = TIME_OF_DAY
        del told["format"]
    return told


def document_problems(result: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Add the problem document to every operation of an OpenAPI schema (a drf-spectacular post-processing hook)."""
    text = {"type": "string"}
    error = {"type": "object", "properties": {"field": text, "code": text, "detail": text}}
    result["components"].setdefault("schemas", {})["Problem"] = {
        "type": "object",
        "description": "An error, as in RFC 9457. `errors` is there when the request's content was not valid.",
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "code": text,
            "request_id": text,
            "errors": {"type": "array", "items": {**error, "required": ["field", "code", "detail"]}},
        },
        "required": ["type", "title", "status", "detail", "code"],
    }
    content = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"]["default"] = {"description": "An error", "content": content}
    return result
