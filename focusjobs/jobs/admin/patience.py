"""How long a page of the console may ask the database: long enough for any page that an index serves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec

from django.contrib import admin
from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from psycopg.errors import QueryCanceled

from focusjobs.sql import rows

PAGE_SECONDS = 5.0
"""For each statement of a page."""

# Set how long a statement may run until the transaction ends, and tell what it was before. Reads no table.
LIMIT = "SELECT current_setting('statement_timeout'), set_config('statement_timeout', %s, true)"

P = ParamSpec("P")


class TookTooLong(Exception):
    """A statement was still running when its time was up."""


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Let no statement of the block run longer. Raises `TookTooLong`; what the block wrote is then rolled back."""
    try:
        with transaction.atomic():
            before = _limit(f"{int(seconds * 1000)}ms")
            yield
            _limit(before)
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TookTooLong from error
        raise


def _limit(value: str) -> str:
    """Set the limit until the transaction ends; answer what it was."""
    ((before, _),) = rows(LIMIT, [value])
    return str(before)


def patient(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Answer a GET that takes too long with a page that says what to do. For views, also those that are methods."""

    @wraps(view)
    def limited(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        request = next(argument for argument in args if isinstance(argument, HttpRequest))
        if request.method != "GET":
            return view(*args, **kwargs)
        try:
            with patience(PAGE_SECONDS):
                response = view(*args, **kwargs)
                return response.render() if isinstance(response, TemplateResponse) else response
        except TookTooLong:
            context = {**admin.site.each_context(request), "title": "This takes too long"}
            return TemplateResponse(request, "admin/jobs/too_long.html", context, status=503)

    return limited
