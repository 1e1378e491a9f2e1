"""The list of jobs: a tab for each state, one filter language, pages that cost the same whatever is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path

from ..declaring.registry import known_tasks
from ..domain.lifecycle import FINISHED, State
from ..domain.text import whole_number
from ..domain.words import span
from ..errors import OperationRefused, QueryError
from ..looking import saved_filters, search
from ..looking.query import WORDS
from ..looking.search import Found, Search
from ..looking.selectors import MANY, count_by_state, count_latest_by_state
from ..models import Job
from .addresses import jobs_address
from .export import exported
from .job_page import JobPages
from .pages import OFTEN, may, page, posted
from .patience import TookTooLong, patience, patient
from .previews import PreviewViews
from .sentences import percentage, took

COUNT_SECONDS = 0.15
"""How long the counts of the tabs may take; without an index for the filter the tabs have none."""

TIMES = ("15m", "1h", "6h", "1d", "7d")
"""Lengths of time that are offered while somebody types."""


@dataclass(frozen=True)
class Row:
    """A job as the list shows it."""

    job: Job
    word: str
    """What happened at `at`: it ended, started, is due or was enqueued."""
    at: datetime
    took: str
    percent: int | None


@dataclass(frozen=True)
class Tab:
    """A state with its address and how many jobs are in it, if that was counted."""

    label: str
    address: str
    is_current: bool
    count: int | None = None


@admin.register(Job)
class JobAdmin(JobPages, PreviewViews):
    """The jobs of the ledger: nothing is added, edited or deleted here; jobs change by acts."""

    menu_place = 10

    def get_urls(self) -> list[URLPattern]:
        """Add the views of the list."""
        wrap = self.admin_site.admin_view
        views: dict[str, Callable[..., HttpResponseBase]] = {
            "export": self.export,
            "preview": self.preview,
            "filters": self.keep_filter,
        }
        own = [path(f"{name}/", wrap(view), name=f"jobs_job_{name}") for name, view in views.items()]
        return [*own, *super().get_urls()]

    @patient
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show a page of what the filter matches."""
        self.check_look(request)
        text = request.GET.get("q", "").strip()
        try:
            wanted = search.read(text)
            found = search.look(wanted, **_place(request))
        except QueryError as error:
            return self._refused(request, text, str(error))
        except IncorrectLookupParameters:
            return redirect(jobs_address(text))
        context = {**_frame(request, wanted.text), **_about(wanted), **_listed(request, wanted, found)}
        return page(request, "admin/jobs/job/list.html", context, title="Jobs", every=OFTEN)

    def _refused(self, request: HttpRequest, text: str, problem: str) -> HttpResponse:
        context = {
            **_frame(request, text),
            "problem": problem,
            "suggestions": [(jobs_address(query), query, words) for query, words in search.suggestions(text)],
            "tabs": _tabs(search.read(""), {}),
        }
        return page(request, "admin/jobs/job/list.html", context, title="Jobs", status=400)

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """Give all that the filter matches as a file, row by row."""
        self.check_look(request)
        try:
            jobs = search.read(request.GET.get("q", "")).jobs()
        except QueryError as error:
            self.message_user(request, str(error), messages.ERROR)
            return redirect(jobs_address())
        return exported(request, jobs, request.GET.get("format", "ndjson"))

    @posted("view_job")
    def keep_filter(self, request: HttpRequest) -> HttpResponseBase:
        """Keep the filter under a name, or forget one."""
        query, name = request.POST.get("query", ""), request.POST.get("name", "")
        forgotten = whole_number(request.POST.get("forget", ""))
        if forgotten is not None:
            saved_filters.delete(request.user, forgotten)
        else:
            self._keep(request, name, query)
        return redirect(jobs_address(query))

    def _keep(self, request: HttpRequest, name: str, query: str) -> None:
        try:
            saved_filters.save(request.user, name, query, shared="shared" in request.POST)
        except (OperationRefused, QueryError) as refused:
            self.message_user(request, str(refused), messages.ERROR)
        else:
            self.message_user(request, f"Kept as “{name}”.", messages.SUCCESS)


def row(job: Job) -> Row:
    """Give a job as the list shows it: with the instant that matters."""
    at, word = job.created_at, "enqueued"
    if job.finished_at:
        at, word = job.finished_at, "ended"
    elif job.state == State.ACTIVE and job.started_at:
        at, word = job.started_at, "started"
    elif job.state == State.DELAYED:
        at, word = job.run_at, "due"
    length = took(job)
    percent = percentage(job.progress) if job.state not in FINISHED else None
    return Row(job, word, at, span(length) if length is not None else "", percent)


def _place(request: HttpRequest) -> dict[str, Any]:
    """Read which page is asked for, and how far it may look."""
    window = search.WIDE if "wide" in request.GET else search.WINDOW
    return {"after": request.GET.get("after", ""), "before": request.GET.get("before", ""), "window": window}


def _frame(request: HttpRequest, text: str) -> dict[str, Any]:
    """Give what stands around the list."""
    may_retry, may_cancel = may(request, "retry_job"), may(request, "cancel_job")
    return {
        "query": text,
        "words": WORDS,
        "values": _values(),
        "saved": saved_filters.visible_to(request.user),
        "may_retry": may_retry,
        "may_cancel": may_cancel,
        "may_pick": may_retry or may_cancel,
        "may_bulk": may(request, "bulk_retry_job"),
    }


def _about(wanted: Search) -> dict[str, Any]:
    counts = _counts(wanted)
    elsewhere = sum(number for state, number in counts.items() if state != wanted.state)
    return {"tabs": _tabs(wanted, counts), "elsewhere": elsewhere, "cap": MANY}


def _listed(request: HttpRequest, wanted: Search, found: Found) -> dict[str, Any]:
    text = wanted.text
    parameters = request.GET.copy()
    parameters.pop("live", None)
    return {
        "rows": [row(job) for job in found.jobs],
        "found": found,
        "here": f"{request.path}?{parameters.urlencode()}",
        "first_page": jobs_address(text) if found.before else "",
        "previous_page": jobs_address(text, before=found.before) if found.before else "",
        "next_page": jobs_address(text, after=found.after) if found.after else "",
        "further": jobs_address(text, after=found.further) if found.further else "",
        "wide": jobs_address(text, after=found.further, wide="1") if found.further else "",
        "window": search.WIDE if "wide" in request.GET else search.WINDOW,
        "wider": search.WIDE,
    }


def _counts(wanted: Search) -> dict[State, int]:
    rest = search.read(wanted.rest)
    if not rest.is_served:
        return {}
    count = count_latest_by_state if rest.words else count_by_state
    try:
        with patience(COUNT_SECONDS):
            return count(rest.jobs())
    except TookTooLong:
        return {}


def _tabs(wanted: Search, counts: dict[State, int]) -> list[Tab]:
    """Give the tabs: all jobs, then each state; children are waited for seldom."""
    tabs = [Tab("all", jobs_address(wanted.rest), "state" not in wanted.words)]
    for state in State:
        if state is not State.WAITING_CHILDREN or counts.get(state) or wanted.state is state:
            address = jobs_address(f"{wanted.rest} state:{state}".strip())
            tabs.append(Tab(state.replace("_", " "), address, wanted.state is state, counts.get(state)))
    return tabs


def _values() -> dict[str, list[str]]:
    """Give what may be offered behind each word while somebody types."""
    known = {"state": list(State), "queue": list(settings.JOBS_QUEUES), "task": list(known_tasks())}
    return {**{word: [] for word in WORDS}, **known, "since": list(TIMES), "before": list(TIMES)}
