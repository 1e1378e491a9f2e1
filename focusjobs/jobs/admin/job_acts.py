"""What can be done from the page of one job: retry, cancel, run now or at another time, edit, reveal its arguments."""

from __future__ import annotations

import json
from abc import abstractmethod
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from .. import operations
from ..errors import InvalidJob, OperationRefused
from ..models import Job
from ..operations import Actor, Wanted
from .lineage import differences
from .pages import faults, posted
from .previews import PreviewViews


class ReasonForm(forms.Form):
    """Why an operator does something; kept with what was done."""

    reason = forms.CharField(max_length=500)


class TimeForm(forms.Form):
    """When a job is to run, in the zone that the operator chose."""

    run_at = forms.DateTimeField(input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"])


class EditForm(forms.Form):
    """Other arguments for a job, as JSON by name."""

    arguments = forms.CharField(max_length=300_000, widget=forms.Textarea)
    reason = forms.CharField(max_length=500, required=False)

    def clean_arguments(self) -> dict[str, Any]:
        """Read the arguments; numbers keep all their digits."""
        try:
            given = json.loads(self.cleaned_data["arguments"])
        except ValueError as error:
            raise forms.ValidationError(f"This is not JSON: {error}.") from error
        if not isinstance(given, dict):
            raise forms.ValidationError("Arguments go by name: {“habit_id”: 7}.")
        return given


class JobActs(PreviewViews):
    """The part of the admin that acts on one job."""

    @abstractmethod
    def job(self, request: HttpRequest, object_id: str) -> Job:
        """Give the job of an address."""

    @abstractmethod
    def show(self, request: HttpRequest, job: Job, **more: Any) -> HttpResponse:
        """Give the page of a job."""

    @posted("view_job")
    def retry(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Make a failed or cancelled job wait again, or run at another time."""
        job = self.job(request, object_id)
        reason = request.POST.get("reason", "")
        if not request.POST.get("run_at"):
            anyway = "anyway" in request.POST
            wanted = Wanted(action="retry", ids=(job.pk,), reason=reason, anyway=anyway)
            self.do(request, wanted, f"Job {job.pk} waits for its next attempt.")
            return redirect("admin:jobs_job_change", job.pk)
        form = TimeForm(request.POST)
        if form.is_valid() and self.do(request, Wanted(action="retry", ids=(job.pk,), reason=reason, anyway=True), ""):
            self._reschedule(request, job, form)
        return redirect("admin:jobs_job_change", job.pk)

    @posted("view_job")
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """End a job; a running one is told to stop."""
        job, form = self.job(request, object_id), ReasonForm(request.POST)
        if form.is_valid():
            action = "cancel_active" if job.state == "active" else "cancel"
            wanted = Wanted(action=action, ids=(job.pk,), reason=form.cleaned_data["reason"])
            self.do(request, wanted, f"Job {job.pk} is cancelled.")
        else:
            self.message_user(request, f"Job {job.pk} was not cancelled: give a reason.", messages.ERROR)
        return redirect("admin:jobs_job_change", job.pk)

    @posted("view_job")
    def promote(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Let a delayed job run now."""
        job = self.job(request, object_id)
        self.do(request, Wanted(action="promote", ids=(job.pk,)), f"Job {job.pk} is due now.")
        return redirect("admin:jobs_job_change", job.pk)

    @posted("view_job")
    def reschedule(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Let a job that has not run do so at another time."""
        job, form = self.job(request, object_id), TimeForm(request.POST)
        if form.is_valid():
            self._reschedule(request, job, form)
        else:
            self.message_user(request, "Give a date and a time.", messages.ERROR)
        return redirect("admin:jobs_job_change", job.pk)

    def _reschedule(self, request: HttpRequest, job: Job, form: TimeForm) -> None:
        moment = form.cleaned_data["run_at"]
        wanted = Wanted(action="reschedule", ids=(job.pk,), details={"run_at": moment.isoformat()})
        self.do(request, wanted, f"Job {job.pk} runs at {moment:%-d %b %Y, %H:%M %Z}.")

    @posted("view_job", "edit_retry_job", "view_job_args")
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Make a new job like this one with other arguments, after a look at what changes."""
        job = self.job(request, object_id)
        if "arguments" not in request.POST:
            written = json.dumps(job.arguments, indent=2, ensure_ascii=False)
            return self.show(request, job, editing={"text": written, "changed": []})
        form, text = EditForm(request.POST), request.POST["arguments"]
        if not form.is_valid():
            return self.show(request, job, editing={"text": text, "error": faults(form)})
        given = form.cleaned_data["arguments"]
        changed = differences(job.arguments, given)
        if "sure" not in request.POST or request.POST.get("seen") != text:
            return self.show(request, job, editing={"text": text, "changed": changed, "ready": bool(changed)})
        return self._edit(request, job, form, text)

    def _edit(self, request: HttpRequest, job: Job, form: EditForm, text: str) -> HttpResponseBase:
        given, reason = form.cleaned_data["arguments"], form.cleaned_data["reason"]
        try:
            _, made = operations.edit_and_retry(Actor.of_request(request), job.pk, given, reason)
        except (InvalidJob, OperationRefused) as refused:
            return self.show(request, job, editing={"text": text, "error": str(refused)})
        self.message_user(request, f"Job {made.id} does what job {job.pk} did, with these arguments.", messages.SUCCESS)
        return redirect("admin:jobs_job_change", made.id)

    @posted("view_job", "view_job_args")
    def reveal(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Show all arguments of a job once; who saw them is kept."""
        job, form = self.job(request, object_id), ReasonForm(request.POST)
        if not form.is_valid():
            self.message_user(request, "Say why you need to see them; it is kept.", messages.ERROR)
            return redirect("admin:jobs_job_change", job.pk)
        everything = operations.reveal(Actor.of_request(request), job, form.cleaned_data["reason"])
        revealed = json.dumps(everything, indent=2, ensure_ascii=False)
        return self.show(request, job, revealed=revealed)
