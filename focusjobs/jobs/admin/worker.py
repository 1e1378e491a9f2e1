"""Workers in the console: which there are, what each does, which fell silent."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from ..looking.workers import Sign, known_workers
from ..models import Worker
from .pages import OFTEN, ConsoleAdmin, page
from .patience import patient


@admin.register(Worker)
class WorkerAdmin(ConsoleAdmin):
    """The Celery workers that there are or were of late."""

    menu_place = 60

    @patient
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show every worker with the jobs that it holds."""
        self.check_look(request)
        shown = known_workers(timezone.now())
        releases = sorted({line.worker.release or "unnamed" for line in shown if line.state is Sign.LIVE})
        context = {"lines": shown, "releases": releases}
        return page(request, "admin/jobs/worker/list.html", context, title="Workers", every=OFTEN)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Go to the list, which shows all that there is to a worker."""
        self.check_look(request)
        return redirect("admin:jobs_worker_changelist")
