"""The list of jobs."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from focusjobs.keyset import KeysetChangeList

from ..domain.identity import job_id_of
from ..domain.lifecycle import FINISHED, State
from ..models import Job
from ..selectors import MANY, ORDER_OF_STATE, count_by_state
from .filters import PersonFilter, QueueFilter, StateFilter, TaskFilter, chosen_state
from .page import JobPages, percentage
from .patience import TookTooLong, patience, patient
from .picks import PickedJobs
from .sentences import took
from .times import exact, moment, span

COUNT_SECONDS = 0.3
"""How long a tab's count may take; a filter that no index serves shows the tabs without counts."""


class JobChangeList(KeysetChangeList):
    """A list of jobs with a tab for each state."""

    def tabs(self) -> list[dict[str, Any]]:
        """Give the tabs: all jobs, then each state with the number of jobs in it, as far as they are counted."""
        counts, chosen = self._counts(), self.params.get(StateFilter.parameter_name)
        tabs = [{"label": "all", "url": self.get_query_string(remove=["state"]), "current": not chosen}]
        for state in State:
            if state is State.WAITING_CHILDREN and not counts.get(state) and chosen != state:
                continue
            url = self.get_query_string({"state": state.value})
            label = state.value.replace("_", " ")
            tabs.append({"label": label, "url": url, "current": chosen == state, "count": _count(counts.get(state))})
        return tabs

    def _counts(self) -> dict[State, int]:
        try:
            with patience(COUNT_SECONDS):
                return count_by_state(self.unstated)
        except TookTooLong:
            return {}

    def get_results(self, request: HttpRequest) -> None:
        """Read one page, and note what the tabs count."""
        self.now = timezone.now()
        self.as_of = exact(self.now)
        self.unstated = super().get_queryset(request, exclude_parameters=[StateFilter.parameter_name])
        super().get_results(request)


@admin.register(Job)
class JobAdmin(PickedJobs, JobPages):
    """The jobs of the ledger: nothing is added, edited or deleted here; jobs change by acts."""

    change_list_template = "admin/jobs/job/change_list.html"
    list_display = ("job", "status", "news", "when", "duration")
    empty_value_display = format_html('<span class="jc-none">{}</span>', "–")
    list_display_links = None
    list_only = (
        *("task", "queue", "state", "attempt", "max_attempts", "error", "progress"),
        *("run_at", "created_at", "started_at", "finished_at", f"user__{get_user_model().USERNAME_FIELD}"),
    )
    list_filter = (StateFilter, QueueFilter, TaskFilter, PersonFilter)
    list_select_related = ("user",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: jobs are enqueued by code."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: only the ledger writes jobs."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: what happened stays known."""
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Page by keyset, with tabs."""
        return JobChangeList

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Give the order of the tab that is open."""
        state = chosen_state(request)
        return ORDER_OF_STATE[state] if state else ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        """Bring each job's person along."""
        return super().get_queryset(request).select_related("user")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Job], search_term: str
    ) -> tuple[QuerySet[Job], bool]:
        """Find a job by its number or by the id under which Celery knows it."""
        term = search_term.strip().removeprefix("#")
        if not term:
            return queryset, False
        number = int(term) if term.isdecimal() else job_id_of(term)
        return queryset.filter(celery_id=term) if number is None else queryset.filter(pk=number), False

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """Allow the filters that are offered; others may need to read the whole table."""
        return lookup in {choice.parameter_name for choice in self.list_filter}

    @patient
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list, or act on what was picked in it."""
        return super().changelist_view(request, {"title": "Jobs", **(extra_context or {})})

    @admin.display(description="job")
    def job(self, job: Job) -> SafeString:
        """Give the task, with a link to the job's page, then number, queue and whom the job is for."""
        facts = " · ".join([f"#{job.pk}", job.queue, *([str(job.user)] if job.user else [])])
        return format_html('<a href="{}/change/">{}</a><span class="jc-second">{}</span>', job.pk, job.task, facts)

    @admin.display(description="state")
    def status(self, job: Job) -> SafeString:
        """Give the state as a word in its colour, and which attempt it is."""
        tries = f"attempt {job.attempt} of {job.max_attempts}" if job.attempt else "no attempt yet"
        word = job.state.replace("_", " ")
        return format_html(
            '<span class="jc-state jc-{}">{}</span><span class="jc-second">{}</span>', job.state, word, tries
        )

    @admin.display(description="news")
    def news(self, job: Job) -> SafeString | str:
        """Give the latest error or how far the job has come."""
        if job.error and job.state != State.COMPLETED:
            return format_html('<span class="jc-news jc-news-{}">{}</span>', job.state, job.error)
        done = percentage(job.progress)
        if done is None or job.state in FINISHED:
            return ""
        return format_html('<progress max="100" value="{}"></progress> {} %', done, done)

    @admin.display(description="when")
    def when(self, job: Job) -> SafeString | str:
        """Give the instant that matters: of its end, of its start, or from which it may run."""
        times = {State.ACTIVE: job.started_at, State.DELAYED: job.run_at}
        return moment(job.finished_at or times.get(State(job.state)) or job.created_at, timezone.now())

    @admin.display(description="took")
    def duration(self, job: Job) -> str:
        """Give how long the latest attempt took."""
        length = took(job)
        return span(length) if length is not None else ""


def _count(count: int | None) -> str:
    return "" if count is None else f"{MANY:,}+" if count > MANY else f"{count:,}"
