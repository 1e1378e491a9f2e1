"""The page of one job and what can be done from it."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from focusjobs.keyset import KeysetAdmin

from .. import selectors
from ..domain.lifecycle import FINISHED, PENDING, State
from ..models import Job
from . import acts
from .patience import patient
from .sentences import cancel_refusal, headline, retry_refusal, took
from .timeline import timeline
from .times import span


class ReasonForm(forms.Form):
    """Why an operator does something; kept with what was done."""

    reason = forms.CharField(max_length=200)


class JobPages(KeysetAdmin):
    """The part of the admin that shows one job, and retries or cancels it."""

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Tell whether this person may retry jobs."""
        return self.has_view_permission(request) and request.user.has_perm("jobs.retry_job")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """Tell whether this person may cancel jobs."""
        return self.has_view_permission(request) and request.user.has_perm("jobs.cancel_job")

    def get_urls(self) -> list[URLPattern]:
        """Add the page's fragment and the acts."""
        views = {"live": self.live_view, "retry": self.retry_view, "cancel": self.cancel_view}
        wrap = self.admin_site.admin_view
        own = [path(f"<path:object_id>/{name}/", wrap(view), name=f"jobs_job_{name}") for name, view in views.items()]
        return [*own, *super().get_urls()]

    @patient
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show a job. There is no form: jobs change by acts."""
        job = self._job(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Job {job.pk}",
            "preserved_filters": self.get_preserved_filters(request),
            **self._context(request, job),
        }
        return TemplateResponse(request, "admin/jobs/job/page.html", context)

    @patient
    def live_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give the part of the page that changes while the job is unfinished."""
        return render(request, "admin/jobs/job/live.html", self._context(request, self._job(request, object_id)))

    def retry_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Make a failed or cancelled job wait again."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_retry_permission(request):
            raise PermissionDenied
        job = self._job(request, object_id)
        if acts.retry(request, [job.pk]):
            self.message_user(request, f"Job {job.pk} waits for its next attempt.", messages.SUCCESS)
        else:
            self.message_user(request, retry_refusal(self._job(request, object_id)), messages.ERROR)
        return redirect("admin:jobs_job_change", job.pk)

    def cancel_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """End a job that no worker holds."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_cancel_permission(request):
            raise PermissionDenied
        job, form = self._job(request, object_id), ReasonForm(request.POST)
        if not form.is_valid():
            self.message_user(request, f"Job {job.pk} was not cancelled: give a reason.", messages.ERROR)
        elif acts.cancel(request, [job.pk], form.cleaned_data["reason"]):
            self.message_user(request, f"Job {job.pk} is cancelled.", messages.SUCCESS)
        else:
            self.message_user(request, cancel_refusal(self._job(request, object_id)), messages.ERROR)
        return redirect("admin:jobs_job_change", job.pk)

    def _job(self, request: HttpRequest, object_id: str) -> Job:
        if not self.has_view_permission(request):
            raise PermissionDenied
        job: Job | None = self.get_object(request, object_id)
        if job is None:
            raise Http404(f"There is no job {object_id}.")
        return job

    def _context(self, request: HttpRequest, job: Job) -> dict[str, Any]:
        now = timezone.now()
        length = took(job)
        lines = selectors.log_tail(job)
        return {
            "job": job,
            "now": now,
            "headline": headline(job, now),
            "unfinished": job.state not in FINISHED,
            "can_retry": job.state in (State.FAILED, State.CANCELLED) and self.has_retry_permission(request),
            "can_cancel": job.state in PENDING and self.has_cancel_permission(request),
            "events": timeline(job),
            "log_lines": lines[-selectors.LOG_TAIL :],
            "log_is_longer": len(lines) > selectors.LOG_TAIL,
            "arguments": json.dumps(job.arguments, indent=2, ensure_ascii=False),
            "outcome": selectors.outcome_of(job) if job.state in (State.COMPLETED, State.FAILED) else None,
            "may_open_result": request.user.has_perm("django_celery_results.view_taskresult"),
            "took": span(length) if length is not None else "",
            "user_url": user_url(request, job),
            "progress": percentage(job.progress),
        }


def user_url(request: HttpRequest, job: Job) -> str:
    """Give the address of the page of the person a job is for, if the viewer may open it."""
    options = get_user_model()._meta
    if job.user_id is None or not request.user.has_perm(f"{options.app_label}.view_{options.model_name}"):
        return ""
    return reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[job.user_id])


def percentage(progress: Any) -> int | None:
    """Give reported progress in whole hundredths, if it says of how much it is a part."""
    total = progress.get("total") if isinstance(progress, dict) else None
    return min(100, int(100 * progress.get("done", 0) / total)) if total else None
