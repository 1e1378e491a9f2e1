"""Schedules in the admin: what runs when, in plain words; changing it, turning it off, running it now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminSplitDateTime
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from .. import schedules
from ..declarations import load_tasks
from ..errors import InvalidJob
from ..models import Schedule
from ..selectors import known_tasks

FIELDS = ("name", "task", "arguments", "queue", "cron", "every", "timezone", "enabled", "missed", "overlap")
RUNS = 5
"""Next runs that are shown of each schedule."""


class ScheduleForm(forms.ModelForm):
    """A schedule as it is edited: every field is checked as the next tick would find it."""

    task = forms.ChoiceField()
    queue = forms.ChoiceField(required=False)
    timezone = forms.ChoiceField(initial="UTC", help_text="The zone of the cron line's readings.")
    run_next_at = forms.SplitDateTimeField(
        required=False,
        widget=AdminSplitDateTime,
        help_text="Another moment for the next run; an interval is counted on from there. Empty: as it is.",
    )

    class Meta:
        model = Schedule
        fields = FIELDS
        help_texts = {  # noqa: RUF012 - Django's way
            "arguments": "By name, as JSON: {“batch”: 500}.",
            "every": "In place of a cron line: 00:05:00 is five minutes, 1 00:00:00 a day.",
            "missed": f"Ticks that passed while nothing ran. At most {schedules.MAX_MISSED} jobs are made for them.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        load_tasks()
        self._offer("task", known_tasks())
        self._offer("queue", settings.JOBS_QUEUES, [("", "the task's own")])
        self._offer("timezone", sorted(available_timezones()))
        if self.instance.declared and "name" in self.fields:
            self.fields["name"].disabled = True

    def _offer(self, name: str, known: Iterable[str], first: list[tuple[str, str]] | None = None) -> None:
        """Offer what is known and what the schedule has now, which may be of another release."""
        now = getattr(self.instance, name)
        values = [*known, *([now] if now and now not in known else [])]
        self.fields[name].choices = [*(first or []), *((value, value) for value in values)]  # type: ignore[attr-defined]

    def clean_arguments(self) -> Any:
        """Take an empty field for no arguments."""
        arguments = self.cleaned_data["arguments"]
        return {} if arguments is None else arguments

    def clean(self) -> dict[str, Any] | None:
        """Say by field what would keep the schedule from running."""
        super().clean()
        given = {name: self.cleaned_data[name] for name in FIELDS if name in self.cleaned_data}
        for name, message in schedules.faults(Schedule(**given)).items():
            if name not in self.errors:
                self.add_error(name, message)
        return self.cleaned_data


@admin.register(Schedule)
class ScheduleAdmin(admin.ModelAdmin):
    """The schedules of the ledger, those of the code and those made here."""

    form = ScheduleForm
    list_display = ("name", "when", "task", "next_runs", "last_job", "enabled", "problem", "declared")
    list_editable = ("enabled",)
    list_filter = ("enabled", "declared")
    search_fields = ("name", "task")
    ordering = ("name",)
    readonly_fields = ("when", "next_runs", "last_run_at", "last_job", "problem", "declared")
    actions = ("run_now", "enable", "disable")

    @admin.display(description="runs")
    def when(self, schedule: Schedule) -> str:
        """Say the rhythm in plain words."""
        return schedules.words(schedule) if schedule.cron or schedule.every else "-"

    @admin.display(description=f"next {RUNS} runs")
    def next_runs(self, schedule: Schedule) -> SafeString | str:
        """List the next runs, in the schedule's zone."""
        runs = schedules.upcoming(schedule, RUNS)
        return format_html_join(SafeString("<br>"), "{}", ((f"{run:%a %Y-%m-%d %H:%M:%S %Z}",) for run in runs)) or "-"

    @admin.display(description="last job", ordering="last_run_at")
    def last_job(self, schedule: Schedule) -> SafeString | str:
        """Link to the job that the schedule made last."""
        return _link(schedule.last_job_id) if schedule.last_job_id else "-"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse for schedules of the code, which would come back: they are turned off instead."""
        return super().has_delete_permission(request, obj) and not (obj is not None and obj.declared)

    def has_run_permission(self, request: HttpRequest) -> bool:
        """Tell whether this person may run a schedule out of turn."""
        return request.user.has_perm("jobs.run_schedule")

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

    @admin.action(description="Run now", permissions=["run"])
    def run_now(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        """Make a job of each of these schedules at once."""
        for schedule in queryset:
            try:
                job = schedules.run_now(schedule)
            except InvalidJob as error:
                self.message_user(request, f"{schedule}: {error}", messages.ERROR)
                continue
            self.log_change(request, schedule, f"Ran it now: job {job.id}")
            said = "Made job {} of {}." if job.created else "Job {} of {} is unfinished; no other was made."
            self.message_user(request, format_html(said, _link(job.id), schedule))

    @admin.action(description="Turn on", permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        """Turn these schedules on."""
        self._set(request, queryset, enabled=True)

    @admin.action(description="Turn off", permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        """Turn these schedules off."""
        self._set(request, queryset, enabled=False)

    def _set(self, request: HttpRequest, queryset: QuerySet[Schedule], *, enabled: bool) -> None:
        word = "on" if enabled else "off"
        changed = schedules.set_enabled(queryset.values_list("pk", flat=True), enabled)
        for schedule in changed:
            self.log_change(request, schedule, f"Turned {word}")
        self.message_user(request, f"Turned {word}: {', '.join(map(str, changed)) or 'none, all were'}.")


def _link(job: int) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse("admin:jobs_job_change", args=[job]), job)
