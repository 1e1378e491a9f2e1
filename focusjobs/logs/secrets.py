"""What is kept out of log lines: secrets by their names, logins in addresses, and whatever a request or a job holds."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any

Event = MutableMapping[str, Any]

SECRET_NAME = re.compile(
    r"password|passwd|passphrase|secret|token|authorization|cookie|api_?key|private_?key|credential", re.IGNORECASE
)
"""Names of fields whose values nobody is to see; the console hides arguments of jobs by it too."""

LOGIN_IN_URL = re.compile(r"(?<=://)[^\s/@]+@")
HIDDEN = "***"


def without_private_context(logger: Any, method: str, event: Event) -> Event:
    """Reduce what Django and Celery attach to their records: a request may hold anything, and so may arguments."""
    request = event.pop("request", None)
    if hasattr(request, "path"):
        event.update(method=request.method, path=request.path)
    if event["_record"].name.startswith("celery."):
        event.pop("data", None)
    return event


def hide_secrets(logger: Any, method: str, event: Event) -> Event:
    """Replace the values of fields with names such as `password`, and logins inside addresses, by three stars."""
    return {name: _without_secrets(name, value) for name, value in event.items()}


def _without_secrets(name: str, value: Any) -> Any:
    if SECRET_NAME.search(name):
        return HIDDEN
    if isinstance(value, str):
        return LOGIN_IN_URL.sub(f"{HIDDEN}@", value)
    if isinstance(value, dict):
        return {str(key): _without_secrets(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_without_secrets("", item) for item in value]
    return value
