"""Workers in the console: which there are, what each does, which fell silent."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from ..domain.lifecycle import State
from ..looking import workers
from ..looking.workers import Sign
from ..models import Job, Worker
from .pages import OFTEN, ConsoleAdmin, page
from .patience import patient

MOST = 1_000
"""Jobs at work that are looked at."""

SOME = 20
"""Jobs of a worker that are shown."""

ORDER = (Sign.SILENT, Sign.LIVE, Sign.STOPPED)


@dataclass(frozen=True)
class Line:
    """A worker as the list shows it."""

    worker: Worker
    state: Sign
    names: list[str]
    """Those under which its processes hold jobs."""
    running: list[Job]

    @property
    def query(self) -> str:
        """The filter for its jobs."""
        return f"worker:{','.join(self.names)}"


@admin.register(Worker)
class WorkerAdmin(ConsoleAdmin):
    """The Celery workers that there are or were of late."""

    menu_place = 60

    @patient
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show every worker with the jobs that it holds."""
        self.check_look(request)
        shown = _shown(timezone.now())
        releases = sorted({line.worker.release or "unnamed" for line in shown if line.state is Sign.LIVE})
        context = {"lines": shown, "releases": releases}
        return page(request, "admin/jobs/worker/list.html", context, title="Workers", every=OFTEN)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Go to the list, which shows all that there is to a worker."""
        self.check_look(request)
        return redirect("admin:jobs_worker_changelist")


def _shown(now: datetime) -> list[Line]:
    """Give every worker, the silent ones first, in two statements however many there are."""
    held: dict[str, list[Job]] = defaultdict(list)
    active = Job.objects.filter(state=State.ACTIVE).only("task", "worker", "started_at").order_by("leased_until")
    for job in active[:MOST]:
        held[job.worker].append(job)
    lines = [_line(worker, held, now) for worker in Worker.objects.order_by("name")]
    return sorted(lines, key=lambda line: ORDER.index(line.state))


def _line(worker: Worker, held: dict[str, list[Job]], now: datetime) -> Line:
    names = [f"{process}@{worker.host}" for process in sorted({worker.pid, *worker.processes})]
    running = [job for name in names for job in held.get(name, ())][:SOME]
    return Line(worker, workers.state_of(worker, now), names, running)
