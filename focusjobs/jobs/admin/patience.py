"""How long a page of the console may ask the database: long enough for any page that an index serves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.contrib import admin
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from psycopg.errors import QueryCanceled

PAGE_SECONDS = 5.0
"""For each statement of a page."""

A = TypeVar("A", bound=admin.ModelAdmin)
P = ParamSpec("P")
View = Callable[Concatenate[A, HttpRequest, P], HttpResponse]


class TookTooLong(Exception):
    """A statement was still running when its time was up."""


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Let no statement of the block run longer. Raises `TookTooLong`; what the block wrote is then rolled back."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout')")
            before = cursor.fetchone()[0]
            _limit(f"{int(seconds * 1000)}ms")
            yield
            _limit(before)
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TookTooLong from error
        raise


def _limit(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [value])


def patient(view: View[A, P]) -> View[A, P]:
    """Answer a GET that takes too long with a page that says what to do. For methods of a `ModelAdmin`."""

    @wraps(view)
    def limited(self: A, request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method != "GET":
            return view(self, request, *args, **kwargs)
        try:
            with patience(PAGE_SECONDS):
                response = view(self, request, *args, **kwargs)
                return response.render() if isinstance(response, TemplateResponse) else response
        except TookTooLong:
            context = {**self.admin_site.each_context(request), "title": "This takes too long", "opts": self.opts}
            return TemplateResponse(request, "admin/jobs/job/too_long.html", context, status=503)

    return limited
