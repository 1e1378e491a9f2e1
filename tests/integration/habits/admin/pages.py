"""Pages of the admin: what is sent to them, and what they say."""

from __future__ import annotations

import re
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

HABIT = {
    "name": "Read",
    "kind": "yes_no",
    "freq_num": "1",
    "freq_den": "1",
    "weekdays": "127",
    "position": "1",
    "target_type": "at_least",
    "target_value": "0",
    "reminder_weekdays": "127",
}
"""The form of a habit."""


def text(response: Any) -> str:
    """The words of a page."""
    words = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", words)


def list_queries(client: Client, url: str) -> list[str]:
    """The statements that a page takes."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return [query["sql"] for query in queries]
