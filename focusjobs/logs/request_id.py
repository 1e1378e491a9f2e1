"""The id under which a request can be found in the logs, those of the jobs that it enqueues included."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

from django.http import HttpRequest, HttpResponseBase

from focusjobs.logs.correlation import Correlated

HEADER = "X-Request-ID"

ACCEPTED = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")
"""What an id from outside may look like; nothing that could break a log line or fill a disk."""


class RequestIdMiddleware:
    """Takes the id that a client or proxy gave a request, or gives it one; the answer says it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request under its id."""
        given = request.headers.get(HEADER, "")
        request_id = given if ACCEPTED.fullmatch(given) else uuid4().hex
        with Correlated(request_id=request_id):
            response = self.get_response(request)
        response.headers[HEADER] = request_id
        return response
