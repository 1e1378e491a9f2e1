"""The console's first page: what needs somebody, how the queues do, what fails, how the last day went."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from focusjobs.console.site import Console, Lead
from focusjobs.console.zones import COOKIE, Times

from .. import error_groups
from ..domain.words import several
from ..looking import overview, throughput, workers
from ..looking.backlog import CAP
from ..looking.overview import Need, Tone
from .addresses import jobs_address
from .last_day import charts_of
from .pages import SELDOM, back, demand, may, page
from .patience import patient

YEAR = 365 * 24 * 3600

DAY, GROUPS = 24, 6
"""Hours over which error groups are compared with as many before, and how many of them are shown."""

PLACES: dict[str, tuple[str, Callable[[str], str]]] = {
    "jobs": ("view_job", jobs_address),
    "queue": ("view_queue", lambda key: f"{reverse('admin:jobs_queue_changelist')}#{key}"),
    "workers": ("view_worker", lambda key: reverse("admin:jobs_worker_changelist")),
    "schedule": ("view_schedule", lambda key: reverse("admin:jobs_schedule_change", args=[key])),
    "group": ("view_errorgroup", lambda key: reverse("admin:jobs_errorgroup_change", args=[key])),
}
"""By kind of need: the right to see its page, and how its address follows from the key."""


@patient
def show(request: HttpRequest) -> HttpResponse:
    """Show the overview."""
    demand(request, "view_job")
    now = timezone.now()
    states = overview.queue_states(now)
    needs = overview.needs(states, now)
    growing = error_groups.growing(hours=DAY, limit=GROUPS)
    lines = error_groups.sparkline(grown.group for grown in growing)
    context = {
        "needs": [(need, address_of(request, need)) for need in needs],
        "headline": headline(needs),
        "tone": needs[0].tone if needs else "good",
        "queues": states,
        "cap": CAP,
        "may_view_queues": may(request, "view_queue"),
        "may_view_groups": may(request, "view_errorgroup"),
        "failed": throughput.failed_lately(now),
        "charts": charts_of(throughput.last_day(now)),
        "workers": workers.live_workers(),
        "groups": [(grown, lines[grown.group.pk]) for grown in growing],
    }
    return page(request, "admin/jobs/overview.html", context, title="Overview", every=SELDOM)


def news(request: HttpRequest) -> dict[str, Any]:
    """Say for the admin's first page how things are."""
    now = timezone.now()
    needs = overview.needs(overview.queue_states(now), now)
    return {"headline": headline(needs), "tone": needs[0].tone if needs else "good"}


@require_POST
def choose_times(request: HttpRequest) -> HttpResponseBase:
    """Keep in a cookie how this operator wants instants written."""
    response = back(request, reverse("admin:index"))
    wanted = request.POST.get("times", "")
    if isinstance(response, HttpResponse) and wanted in Times._value2member_map_:
        response.set_cookie(COOKIE, wanted, max_age=YEAR, secure=request.is_secure(), httponly=True, samesite="Lax")
    return response


def headline(needs: Sequence[Need]) -> str:
    """Say in a sentence how things are."""
    pressing = sum(need.tone is Tone.BAD for need in needs)
    worth = sum(need.tone is Tone.LATER for need in needs)
    if pressing:
        return f"{several(pressing, 'thing')} {'needs' if pressing == 1 else 'need'} you."
    if worth:
        return f"Nothing is urgent; {several(worth, 'thing')} {'is' if worth == 1 else 'are'} worth a look."
    return "All is well."


def address_of(request: HttpRequest, need: Need) -> str:
    """Give the page on which something can be done about it; empty where this person may not see that."""
    right, make = PLACES[need.kind]
    return make(need.key) if may(request, right) else ""


site = cast("Console", admin.site)
site.lead(Lead("jobs", "Overview", show, "jobs.view_job", news))
site.add_view("jobs/times/", choose_times, "jobs_times")
