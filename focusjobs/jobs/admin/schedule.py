"""Schedules in the admin: what runs when, in plain words; changing it, turning it off, running it now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from .. import operations, schedules
from ..errors import InvalidJob
from ..looking.overview import LATE
from ..looking.selectors import states_of
from ..models import Schedule
from ..operations import Actor
from .pages import SELDOM, may, page, posted
from .patience import patient
from .schedule_form import ScheduleForm

RUNS = 5
"""Next runs that are shown of each schedule."""


@dataclass(frozen=True)
class Line:
    """A schedule as the list shows it."""

    schedule: Schedule
    words: str
    runs: list[str]
    """The next runs, in the schedule's own zone."""
    is_late: bool
    last_state: str
    """What became of its last job; empty where it made none or the job is gone."""


@admin.register(Schedule)
class ScheduleAdmin(admin.ModelAdmin):
    """The schedules of the ledger, those of the code and those made here."""

    menu_place = 50
    form = ScheduleForm
    readonly_fields = ("when", "next_runs", "last_run_at", "last_job", "problem", "declared")

    def get_urls(self) -> list[URLPattern]:
        """Add what can be done from the list."""
        wrap = self.admin_site.admin_view
        acts: dict[str, Callable[..., HttpResponseBase]] = {"run": self.run, "switch": self.switch}
        own = [path(f"<int:number>/{name}/", wrap(view), name=f"jobs_schedule_{name}") for name, view in acts.items()]
        return [*own, *super().get_urls()]

    @patient
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show every schedule."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        found = list(Schedule.objects.order_by("name")[:500])
        context = {
            "lines": _lines_of(found, timezone.now()),
            "may_run": may(request, "run_schedule"),
            "may_change": self.has_change_permission(request),
            "may_add": self.has_add_permission(request),
        }
        return page(request, "admin/jobs/schedule/list.html", context, title="Schedules", every=SELDOM)

    @admin.display(description="runs")
    def when(self, schedule: Schedule) -> str:
        """Say the rhythm in plain words."""
        return schedules.words(schedule) if schedule.cron or schedule.every else "-"

    @admin.display(description=f"next {RUNS} runs")
    def next_runs(self, schedule: Schedule) -> SafeString | str:
        """List the next runs, in the schedule's zone."""
        runs = schedules.upcoming(schedule, RUNS)
        return format_html_join(SafeString("<br>"), "{}", ((f"{run:%a %Y-%m-%d %H:%M:%S %Z}",) for run in runs)) or "-"

    @admin.display(description="last job")
    def last_job(self, schedule: Schedule) -> SafeString | str:
        """Link to the job that the schedule made last."""
        return _link(schedule.last_job_id) if schedule.last_job_id else "-"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse for schedules of the code, which would come back: they are turned off instead."""
        return super().has_delete_permission(request, obj) and not (obj is not None and obj.declared)

    def save_model(self, request: HttpRequest, obj: Schedule, form: forms.ModelForm, change: bool) -> None:
        """Save what was changed, and nothing that a tick may have written meanwhile."""
        changed = set(form.changed_data)
        with transaction.atomic():
            row = Schedule.objects.select_for_update().get(pk=obj.pk) if change else obj
            for name in changed - {"run_next_at"}:
                setattr(row, name, form.cleaned_data[name])
            row.problem = ""
            if not change or changed & {"cron", "every", "timezone", "enabled"}:
                schedules.restart(row)
            if "run_next_at" in changed:
                row.next_run_at = form.cleaned_data["run_next_at"]
            row.save()
        obj.pk = row.pk

    @posted("view_schedule", "run_schedule")
    def run(self, request: HttpRequest, number: int) -> HttpResponseBase:
        """Make a job of a schedule at once."""
        schedule = _schedule(number)
        try:
            _, job = operations.run_schedule(Actor.of_request(request), schedule, request.POST.get("reason", ""))
        except InvalidJob as error:
            self.message_user(request, f"{schedule}: {error}", messages.ERROR)
        else:
            said = "Made job {} of {}." if job.created else "Job {} of {} is unfinished; no other was made."
            self.message_user(request, format_html(said, _link(job.id), schedule))
        return redirect("admin:jobs_schedule_changelist")

    @posted("change_schedule")
    def switch(self, request: HttpRequest, number: int) -> HttpResponseBase:
        """Turn a schedule on or off."""
        schedule, on = _schedule(number), request.POST.get("on") == "yes"
        word = "on" if on else "off"
        changed = schedules.set_enabled([schedule.pk], on)
        for one in changed:
            self.log_change(request, one, f"Turned {word}")
        self.message_user(request, f"Turned {word}: {schedule}." if changed else f"{schedule} was {word} already.")
        return redirect("admin:jobs_schedule_changelist")


def _lines_of(found: list[Schedule], now: datetime) -> list[Line]:
    """Give schedules as the list shows them."""
    states = states_of(schedule.last_job_id for schedule in found)
    return [
        Line(
            schedule=schedule,
            words=schedules.words(schedule),
            runs=[f"{run:%a %-d %b %H:%M}" for run in schedules.upcoming(schedule, RUNS)],
            is_late=bool(schedule.enabled and schedule.next_run_at and schedule.next_run_at < now - LATE),
            last_state=states.get(schedule.last_job_id or 0, ""),
        )
        for schedule in found
    ]


def _schedule(number: int) -> Schedule:
    schedule = Schedule.objects.filter(pk=number).first()
    if schedule is None:
        raise Http404(f"There is no schedule {number}.")
    return schedule


def _link(job: int) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse("admin:jobs_job_change", args=[job]), job)
