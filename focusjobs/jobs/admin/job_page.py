"""The page of one job: what it is, why it does not run, what happened, where it comes from."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from .. import operations
from ..domain.lifecycle import ENDED_BADLY, FINISHED, PENDING, State
from ..domain.text import whole_number
from ..domain.words import span
from ..looking import arguments, selectors
from ..looking.explanation import why_not_running
from ..models import Job
from .addresses import person_address
from .job_acts import JobActs
from .lineage import lineage
from .pages import may, page
from .patience import patient
from .report import command_of, report_of
from .sentences import headline, percentage, took
from .timeline import timeline

EVERY = 2
"""Seconds between two looks at a job that has not ended."""


class JobPages(JobActs):
    """The part of the admin that shows one job."""

    def acts(self) -> dict[str, Callable[..., HttpResponseBase]]:
        """Give what can be done to a job."""
        return {
            "retry": self.retry,
            "cancel": self.cancel,
            "promote": self.promote,
            "reschedule": self.reschedule,
            "edit": self.edit,
            "reveal": self.reveal,
        }

    @patient
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show a job. There is no form: jobs change by acts."""
        return self.show(request, self.job(request, object_id))

    def show(self, request: HttpRequest, job: Job, **more: Any) -> HttpResponse:
        """Give the page of a job."""
        crumbs = (("Jobs", reverse("admin:jobs_job_changelist")),)
        context = {**_context_of(request, job), **more}
        every = 0 if job.state in FINISHED or more else EVERY
        title = f"{job.task} #{job.pk}"
        return page(request, "admin/jobs/job/page.html", context, title=title, crumbs=crumbs, every=every)

    def job(self, request: HttpRequest, object_id: str) -> Job:
        """Give the job of an address. Raises `PermissionDenied` and `Http404`."""
        self.check_look(request)
        found = Job.objects.select_related("user").filter(pk=whole_number(object_id) or 0).first()
        if found is None:
            raise Http404(f"There is no job {object_id}.")
        return found


def _context_of(request: HttpRequest, job: Job) -> dict[str, Any]:
    """Give all that the page of a job says."""
    now = timezone.now()
    lines = selectors.log_tail(job)
    outcome = selectors.outcome_of(job) if job.state in (State.COMPLETED, State.FAILED) else None
    events = timeline(job, lines, operations.of_job(job.pk), outcome.traceback if outcome else "")
    shown = arguments.shown(job)
    written = json.dumps(shown, indent=2, ensure_ascii=False)
    said = headline(job, now)
    length = took(job)
    return {
        "job": job,
        "headline": said,
        "spoken": f"{job.get_state_display()}: {said}",
        "why": why_not_running(job, now),
        "events": events,
        "log_is_longer": len(lines) > selectors.LOG_TAIL,
        "arguments": written,
        "is_hidden": arguments.has_hidden(job),
        "outcome": outcome,
        "lineage": lineage(job, secret=not may(request, "view_job_args")),
        "took": span(length) if length is not None else "",
        "progress": percentage(job.progress),
        "unfinished": job.state not in FINISHED,
        "person_address": person_address(request, job.user_id),
        "command": command_of(job),
        "report": report_of(job, said, events, written),
        "may": _offers(request, job),
    }


def _offers(request: HttpRequest, job: Job) -> dict[str, bool]:
    """Tell which acts this person is offered for a job in this state; each checks again."""
    is_retryable, is_pending = job.state in ENDED_BADLY, job.state in PENDING
    offers = {
        "retry": is_retryable and may(request, "retry_job"),
        "cancel": (is_pending or job.state == State.ACTIVE) and may(request, "cancel_job"),
        "promote": job.state == State.DELAYED and may(request, "retry_job"),
        "reschedule": job.state in (State.WAITING, State.DELAYED) and may(request, "cancel_job"),
        "edit": job.state != State.ACTIVE and may(request, "edit_retry_job", "view_job_args"),
        "reveal": may(request, "view_job_args"),
        "view_result": request.user.has_perm("django_celery_results.view_taskresult"),
        "view_group": may(request, "view_errorgroup"),
        "view_operation": may(request, "view_operation"),
        "view_schedule": may(request, "view_schedule"),
    }
    return {**offers, "any": any(offers[name] for name in ("retry", "cancel", "promote", "reschedule", "edit"))}
