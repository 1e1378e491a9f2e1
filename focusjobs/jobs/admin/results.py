"""Results of tasks that the ledger does not know, and what is kept of its own jobs: to look at, never to edit."""

from __future__ import annotations

from typing import Any

import django_celery_results.admin  # noqa: F401 - registers what is taken off here
from celery.states import ALL_STATES
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_celery_results.models import GroupResult, TaskResult

from focusjobs.console.lists import ReadOnlyAdmin

from ..domain.identity import LARGEST, job_id_of, task_id_of
from ..looking import arguments
from ..looking.selectors import indented
from .patience import patient

admin.site.unregister([TaskResult, GroupResult])

LEDGERS = Q(task_id__gte=task_id_of(1), task_id__lte=task_id_of(LARGEST))
"""The task ids of the ledger are one range, so that the index on them tells theirs from others."""


class OriginFilter(admin.SimpleListFilter):
    """Results of other tasks, or all."""

    title = "origin"
    parameter_name = "origin"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer the results that are not on a job's page."""
        return [("others", "tasks outside the ledger")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[TaskResult]) -> QuerySet[TaskResult]:
        """Keep the results that were chosen."""
        return queryset.exclude(LEDGERS) if self.value() else queryset


class StatusFilter(admin.SimpleListFilter):
    """Results with one of Celery's states."""

    title = "state"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer every state."""
        return [(state, state.lower()) for state in sorted(ALL_STATES)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[TaskResult]) -> QuerySet[TaskResult]:
        """Keep the results with the state that was chosen."""
        return queryset.filter(status=self.value()) if self.value() else queryset


@admin.register(TaskResult)
class TaskResultAdmin(ReadOnlyAdmin):
    """What django-celery-results keeps, without the counts and searches of its own admin."""

    list_display = ("name", "status", "worker", "date_done", "its_job")
    list_only = ("task_id", "task_name", "status", "worker", "date_done")
    list_filter = (OriginFilter, StatusFilter)
    ordering = ("-id",)
    fields = (
        *("task_id", "its_job", "task_name", "status", "worker", "shown_arguments"),
        *("value", "traceback_text", "date_created", "date_started", "date_done", "periodic_task_name"),
    )
    readonly_fields = fields

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """Allow the filters that are offered; others may need to read the whole table."""
        return lookup in {choice.parameter_name for choice in self.list_filter}

    @patient
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list."""
        return super().changelist_view(request, extra_context)

    @admin.display(description="task")
    def name(self, result: TaskResult) -> str:
        """Give the task's name, or the id where a task left none."""
        return str(result.task_name or result.task_id)

    @admin.display(description="job")
    def its_job(self, result: TaskResult) -> SafeString | str:
        """Give a link to the job of the ledger that this is the result of."""
        number = job_id_of(result.task_id)
        if number is None:
            return ""
        return format_html('<a href="{}">#{}</a>', reverse("admin:jobs_job_change", args=[number]), number)

    @admin.display(description="arguments")
    def shown_arguments(self, result: TaskResult) -> str:
        """Give the arguments by name with what is hidden left out; those by position have no names to tell by."""
        return arguments.shown_text(str(result.task_name or ""), result.task_kwargs)

    @admin.display(description="result")
    def value(self, result: TaskResult) -> SafeString:
        """Give what the task returned, or its exception."""
        return format_html('<pre class="jc-pre">{}</pre>', indented(result.result))

    @admin.display(description="traceback")
    def traceback_text(self, result: TaskResult) -> SafeString | str:
        """Give the traceback."""
        return format_html('<pre class="jc-pre">{}</pre>', result.traceback) if result.traceback else ""
