"""Reads problem documents, and checks that they are some."""

from __future__ import annotations

import json
from typing import Any


def problem_of(response: Any, status: int) -> dict[str, Any]:
    """The problem document, apart from the id of the request, which is another each time."""
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    problem = json.loads(response.content)
    assert problem["status"] == status
    assert problem["type"] == "about:blank"
    assert problem.pop("request_id") == response["X-Request-ID"]
    return problem


def errors_of(response: Any) -> list[tuple[str, str]]:
    return [(error["field"], error["detail"]) for error in problem_of(response, 400)["errors"]]
