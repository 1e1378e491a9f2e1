"""A person's jobs, as support looks at them: what failed, what comes next, in the person's own time."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import cast

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from focusjobs.console.site import Console
from focusjobs.console.zones import zone_of

from ..domain.lifecycle import State
from ..looking.search import COLUMNS
from ..models import Job
from .addresses import person_address
from .job import row
from .pages import OFTEN, demand, may, page
from .patience import patient

SOME = 10
"""Jobs of each kind that are shown."""


@patient
def show(request: HttpRequest, number: int) -> HttpResponse:
    """Show the jobs of a person."""
    demand(request, "view_job")
    person = get_user_model().objects.filter(pk=number).first()
    if person is None:
        raise Http404(f"There is no person {number}.")
    jobs = Job.objects.filter(user=number).only(*(name for name in COLUMNS if not name.startswith("user__")))
    zone = zone_of(person)
    context = {
        "person": person,
        "zone": zone,
        "local_now": local(timezone.now(), zone),
        "failed": [row(job) for job in jobs.filter(state=State.FAILED).order_by("-id")[:SOME]],
        "next": [(job, local(job.run_at, zone)) for job in jobs.filter(state=State.DELAYED).order_by("run_at")[:SOME]],
        "latest": [row(job) for job in jobs.order_by("-id")[: 2 * SOME]],
        "query": f"user:{number}",
        "may_retry": may(request, "retry_job"),
    }
    address = person_address(request, number)
    crumbs = ((str(person), address),) if address else ()
    return page(request, "admin/jobs/person/page.html", context, title=f"Jobs of {person}", crumbs=crumbs, every=OFTEN)


def local(at: datetime, zone: tzinfo) -> str:
    """Write an instant as the person's clock shows it."""
    return f"{at.astimezone(zone):%a %-d %b, %H:%M}"


cast("Console", admin.site).add_view("jobs/person/<int:number>/", show, "jobs_person")
