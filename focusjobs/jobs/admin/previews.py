"""From the list to an operation: what was picked, or all that a filter matches, is counted before anything is done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from .. import operations, rights
from ..domain.text import whole_number
from ..errors import OperationRefused, QueryError
from ..operations import ACTIONS, Actor, Wanted
from .addresses import jobs_address
from .pages import ConsoleAdmin, back, faults, posted

MOST = 1_000
"""Jobs that can be picked by hand; there are never as many on a page."""


class HowForm(forms.Form):
    """How an operation is to go about it."""

    canary = forms.IntegerField(required=False, min_value=0, max_value=1_000)
    hold = forms.IntegerField(required=False, min_value=0, max_value=86_400)
    rate = forms.FloatField(required=False, min_value=0.01, max_value=100_000)
    anyway = forms.BooleanField(required=False)
    run_at = forms.DateTimeField(required=False)
    priority = forms.IntegerField(required=False, min_value=0)

    def options(self, action: str) -> dict[str, Any]:
        """Give what `Wanted` takes for an action; canaries, rate and hold are for retries alone."""
        given = self.cleaned_data
        options: dict[str, Any] = {"anyway": given["anyway"], "details": self._details()}
        if action == "retry":
            hold = timedelta(seconds=given["hold"]) if given["hold"] is not None else None
            options |= {"canary": given["canary"] or 0, "rate": given["rate"], "hold": hold}
        return options

    def _details(self) -> dict[str, Any]:
        given = self.cleaned_data
        run_at = {"run_at": given["run_at"].isoformat()} if given["run_at"] else {}
        return run_at | ({"priority": given["priority"]} if given["priority"] is not None else {})


class PreviewViews(ConsoleAdmin):
    """The part of the admin of jobs that plans operations."""

    @posted("view_job")
    def preview(self, request: HttpRequest) -> HttpResponseBase:
        """Count what an act would do to the picked jobs or to all that match, and show it before it is done."""
        form = HowForm(request.POST)
        if not form.is_valid():
            return self._refuse(request, faults(form))
        try:
            wanted = _wanted(request.POST, form)
            rights.require(request.user, rights.for_action(wanted.action))
            operation = operations.plan(Actor.of_request(request), wanted)
        except (QueryError, OperationRefused) as refused:
            return self._refuse(request, str(refused))
        asked = urlencode({"next": request.POST.get("next", "")}) if request.POST.get("next") else ""
        address = reverse("admin:jobs_operation_change", args=[operation.pk])
        return redirect(f"{address}?{asked}" if asked else address)

    def _refuse(self, request: HttpRequest, words: str) -> HttpResponseBase:
        self.message_user(request, words, messages.ERROR)
        return back(request, jobs_address())

    def do(self, request: HttpRequest, wanted: Wanted, done: str) -> bool:
        """Do something to one job at once, where this person may, and say what came of it."""
        try:
            rights.require(request.user, rights.for_action(wanted.action))
            operation = operations.act(Actor.of_request(request), wanted)
        except OperationRefused as refused:
            self.message_user(request, str(refused), messages.ERROR)
            return False
        if operation.done:
            self.message_user(request, done, messages.SUCCESS)
        else:
            why = ", ".join(reason.replace("_", " ") for reason in operation.skipped or operation.expected["skipped"])
            self.message_user(request, f"Nothing was done: {why or 'the job had moved on'}.", messages.ERROR)
        return bool(operation.done)


def _wanted(posted: QueryDict, form: HowForm) -> Wanted:
    """Read what somebody wants. Raises `OperationRefused`."""
    everything = posted.get("all", "")
    action = everything or posted.get("action", "")
    if action not in ACTIONS:
        raise OperationRefused("Choose what is to be done.")
    options = form.options(action)
    reason = posted.get("reason", "")
    if everything:
        return Wanted(action=action, filter=posted.get("filter", ""), reason=reason, **options)
    ids = [number for value in posted.getlist("ids") if (number := whole_number(value)) is not None][:MOST]
    if not ids:
        raise OperationRefused("Pick jobs first.")
    return Wanted(action=action, ids=ids, reason=reason, **options)
