"""Acts on the rows that were picked in the list: first a page that names the numbers, then the act."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse

from focusjobs.keyset import KeysetAdmin

from ..domain.lifecycle import PENDING, State
from ..models import Job
from . import acts
from .page import ReasonForm

MOST = 1_000
"""Jobs of one act; there are never as many on a page."""


class PickedJobs(KeysetAdmin):
    """The part of the admin that acts on picked rows, never on rows that nobody saw."""

    actions = ("retry_picked", "cancel_picked")

    @admin.action(permissions=["retry"], description="Retry …")
    def retry_picked(self, request: HttpRequest, queryset: QuerySet[Job]) -> TemplateResponse | None:
        """Make the picked jobs wait again where they are failed or cancelled."""
        ids = picked(request)
        form = _reason(request)
        if not form.is_valid():
            return self._confirm(request, "retry", (State.FAILED, State.CANCELLED), form)
        moved = acts.retry(request, ids, form.cleaned_data["reason"])
        self._tell(request, f"{jobs(len(moved))} retried", len(ids) - len(moved))
        return None

    @admin.action(permissions=["cancel"], description="Cancel …")
    def cancel_picked(self, request: HttpRequest, queryset: QuerySet[Job]) -> TemplateResponse | None:
        """End the picked jobs that no worker holds."""
        ids = picked(request)
        form = _reason(request)
        if not form.is_valid():
            return self._confirm(request, "cancel", PENDING, form)
        moved = acts.cancel(request, ids, form.cleaned_data["reason"])
        self._tell(request, f"{jobs(len(moved))} cancelled", len(ids) - len(moved))
        return None

    def _confirm(self, request: HttpRequest, act: str, states: tuple[State, ...], form: ReasonForm) -> TemplateResponse:
        rows = list(Job.objects.filter(pk__in=picked(request)).values_list("pk", "state", "user_id"))
        ready = [row for row in rows if row[1] in states]
        context = {
            **self.admin_site.each_context(request),
            "title": f"{act.capitalize()} {jobs(len(ready))}",
            "opts": self.opts,
            "act": act,
            "picked": len(rows),
            "ready": [pk for pk, _, _ in ready],
            "jobs": jobs(len(ready)),
            "people": len({user for _, _, user in ready if user is not None}),
            "left_out": Counter(state.replace("_", " ") for _, state, _ in rows if state not in states).most_common(),
            "form": form,
            "checkbox": ACTION_CHECKBOX_NAME,
            "back": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/jobs/job/confirm.html", context)

    def _tell(self, request: HttpRequest, done: str, left: int) -> None:
        rest = f"; {jobs(left)} had moved on meanwhile and stayed as they were" if left else ""
        self.message_user(request, f"{done}{rest}.", messages.WARNING if left else messages.SUCCESS)


def picked(request: HttpRequest) -> list[int]:
    """Give the numbers of the rows that were picked, `MOST` of them at most."""
    return [int(value) for value in request.POST.getlist(ACTION_CHECKBOX_NAME) if value.isdecimal()][:MOST]


def jobs(count: int) -> str:
    """Say how many jobs."""
    return f"{count:,} job{'' if count == 1 else 's'}"


def _reason(request: HttpRequest) -> ReasonForm:
    data: Any = request.POST if "confirmed" in request.POST else None
    return ReasonForm(data)
