"""What the pages of the console have in common: their frame, their changing part, their rights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django import forms
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from focusjobs.console import keyset
from focusjobs.console.lists import ReadOnlyAdmin
from focusjobs.console.zones import Times, chosen_times

from .. import rights
from .times import exact

LIVE = "live"
"""Query parameter of a request for the changing part of a page alone."""

OFTEN, SELDOM = 5, 15
"""Seconds between two looks at a page's changing part."""

SIZE = 50
"""Rows of a page."""

P = ParamSpec("P")
M = TypeVar("M", bound=Model)
Crumbs = tuple[tuple[str, str], ...]


def page(
    request: HttpRequest,
    part: str,
    context: Mapping[str, Any],
    *,
    title: str,
    crumbs: Crumbs = (),
    every: int = 0,
    status: int = 200,
) -> TemplateResponse:
    """Give a page of the console; to a request with `live`, its changing part alone.

    part: the template of what changes. crumbs: names and addresses of the pages above. every: seconds between two
    looks at it, 0 where it does not change.
    """
    now = timezone.now()
    alone = LIVE in request.GET
    frame = {} if alone else {**admin.site.each_context(request), "crumbs": crumbs, "times_offered": _offered(request)}
    common = {"title": title, "part": part, "now": now, "as_of": exact(now), "times": chosen_times(request)}
    template = "admin/jobs/part.html" if alone else "admin/jobs/page.html"
    return TemplateResponse(request, template, {**frame, **common, "every": every, **context}, status=status)


def _offered(request: HttpRequest) -> list[tuple[str, str]]:
    zone = getattr(request.user, "timezone", "") or "UTC"
    own = [(Times.OWN.value, zone)] if zone != "UTC" else []
    return [(Times.RELATIVE.value, "relative"), *own, (Times.UTC.value, "UTC")]


def page_after(request: HttpRequest, rows: QuerySet[M], columns: Sequence[str]) -> tuple[list[M], str]:
    """Give the rows of the page that `after` asks for, in falling order, and the cursor of the next; empty for none.

    A cursor that is none, as in an address that was cut off, leads to the first page.
    """
    try:
        found = list(keyset.page(rows, columns, True, request.GET.get("after") or None)[: SIZE + 1])
    except IncorrectLookupParameters:
        found = list(keyset.page(rows, columns, True, None)[: SIZE + 1])
    return found[:SIZE], keyset.cursor_of(found[SIZE - 1], columns) if len(found) > SIZE else ""


def may(request: HttpRequest, *wanted: str) -> bool:
    """Tell whether this person has all of these rights of the job layer."""
    return all(rights.may(request.user, right) for right in wanted)


def demand(request: HttpRequest, *wanted: str) -> None:
    """Go on only where this person has all of these rights of the job layer. Raises `PermissionDenied`."""
    if not may(request, *wanted):
        raise PermissionDenied


def posted(*wanted: str) -> Callable[[Callable[P, HttpResponseBase]], Callable[P, HttpResponseBase]]:
    """Let a view, or one that is a method, be reached by POST alone and with these rights alone."""

    def decorate(view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            request = next(argument for argument in args if isinstance(argument, HttpRequest))
            if request.method != "POST":
                return HttpResponseNotAllowed(["POST"])
            demand(request, *wanted)
            return view(*args, **kwargs)

        return guarded

    return decorate


def faults(form: forms.Form) -> str:
    """Say what is wrong with a form, in one line."""
    return " ".join(
        f"{form.fields[name].label or name.replace('_', ' ')}: {' '.join(str(fault) for fault in found)}"
        if name in form.fields
        else " ".join(str(fault) for fault in found)
        for name, found in form.errors.items()
    )


def back(request: HttpRequest, otherwise: str) -> HttpResponseBase:
    """Go back to the page that a form came from (`next`), if it is one of this site."""
    return redirect(own_address(request, request.POST.get("next", "")) or otherwise)


def own_address(request: HttpRequest, address: str) -> str:
    """Give an address that came with a request if it is one of this site; otherwise nothing."""
    is_own = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if is_own else ""


class ConsoleAdmin(ReadOnlyAdmin):
    """An admin of rows that nobody adds, edits or deletes: they change by acts, each with a view of its own."""

    menu_place = 50
    """The menu lists an app's models by this number."""

    def acts(self) -> dict[str, Callable[..., HttpResponseBase]]:
        """Give the views of one row by the last part of their addresses."""
        return {}

    def get_urls(self) -> list[URLPattern]:
        """Add the acts: `<key>/<act>/`, named `jobs_<model>_<act>`."""
        wrap, model = self.admin_site.admin_view, self.opts.model_name
        own = [
            path(f"<path:object_id>/{name}/", wrap(view), name=f"jobs_{model}_{name}")
            for name, view in self.acts().items()
        ]
        return [*own, *super().get_urls()]

    def check_look(self, request: HttpRequest) -> None:
        """Go on only where this person may look at these rows. Raises `PermissionDenied`."""
        if not self.has_view_permission(request):
            raise PermissionDenied
