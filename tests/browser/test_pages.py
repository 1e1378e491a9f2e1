"""Every page of the console, as screen readers and narrow or dark screens have it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from focusjobs.jobs import error_groups, operations
from focusjobs.jobs.models import ErrorGroup, Job, LogLine, Queue, SavedFilter, Schedule, Worker
from focusjobs.jobs.operations import Actor, Wanted
from focusjobs.jobs.worker.drain import drain
from habits.models import User
from tests import tasks
from tests.accounts import superuser

from .conftest import Login, violations

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("pulse")]


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages of a console with something on each; axe-core looks at each row, so lists go on after a few."""
    monkeypatch.setattr("focusjobs.jobs.admin.pages.SIZE", 14)
    user = superuser()
    _jobs(user)
    _others(user)
    planned = operations.plan(Actor.of_command(user), Wanted(action="retry", filter="state:failed", canary=1))
    held = Wanted(action="retry", ids=[_one("failed").pk], hold=timedelta(hours=1), reason="a try")
    done = operations.act(Actor.of_command(user), held)
    jobs, page_of = reverse("admin:jobs_job_changelist"), "admin:jobs_{}_change".format
    return [
        *(reverse("admin:index"), reverse("admin:jobs_overview"), jobs, f"{jobs}?q=boom", f"{jobs}?q=user:{user.pk}"),
        f"{jobs}?q=error:nowhere",
        *(reverse("admin:jobs_job_change", args=[_one(state).pk]) for state in ("failed", "completed", "waiting")),
        *(reverse(f"admin:jobs_{model}_changelist") for model in ("errorgroup", "operation", "queue", "schedule")),
        reverse("admin:jobs_worker_changelist"),
        reverse(page_of("errorgroup"), args=[ErrorGroup.objects.latest("last_seen").pk]),
        *(reverse(page_of("operation"), args=[operation.pk]) for operation in (planned, done)),
        reverse("admin:jobs_person", args=[user.pk]),
    ]


def _one(state: str) -> Job:
    return Job.objects.filter(state=state).latest("pk")


def _jobs(user: User) -> None:
    for number in range(3):
        tasks.fail.using(attempts=2, user=user).enqueue(message=f"a_long_word_{number}_" * 20)
    tasks.report.using(user=user).enqueue(steps=2)
    drain("default")
    drain("default")
    error_groups.fold()
    for left in range(12):
        tasks.add.using(user=user).enqueue(x=left, y=2)
    LogLine.objects.create(job=_one("failed"), attempt=1, at=timezone.now(), level="info", line="a_long_word_" * 30)


def _others(user: User) -> None:
    now = timezone.now()
    Queue.objects.create(name="default", paused_at=now, paused_by="ana", pause_reason="the disk is full " * 5)
    Schedule.objects.create(name="nightly", task="tests.add", cron="0 3 * * *", next_run_at=now, problem="a problem")
    SavedFilter.objects.create(owner=user, name="red ones", query="state:failed")
    alive = {"host": "one", "queues": ["default", "imports"], "started_at": now, "release": "2026.11.3-rc1+long"}
    Worker.objects.create(name="w@one", pid=7, processes=[7, 8], seen_at=now, **alive)
    Worker.objects.create(name="w@two", pid=9, seen_at=now - timedelta(hours=1), **alive)


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)], indirect=["theme"])
def test_no_page_is_wider_than_its_screen_or_shuts_anybody_out(
    login: Login, live_server: LiveServer, addresses: list[str], width: int
) -> None:
    page = login(superuser())
    page.set_viewport_size({"width": width, "height": 800})

    for address in addresses:
        page.goto(live_server.url + address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        if width == 1280:  # and on the narrow screen they are closed
            open_all(page)
        assert violations(page) == [], address


def open_all(page: Page) -> None:
    """Open everything that can be."""
    page.evaluate("document.querySelectorAll('main details').forEach(part => part.open = true)")
