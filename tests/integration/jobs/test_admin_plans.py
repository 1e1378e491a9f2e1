"""No page of the console reads the table of jobs from end to end, nor asks more statements than a page may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.looking import search, selectors
from focusjobs.jobs.models import ErrorGroup, Job, Operation, Schedule, Worker
from habits.models import User
from tests.accounts import superuser
from tests.explaining import Explaining
from tests.factories import UserFactory
from tests.keeping import kept_for_module

from .consoles import as_client
from .plans import fill_jobs

pytestmark = pytest.mark.django_db

STATEMENTS = 30

FILTERS = {
    **{f"the tab {state}": f"state:{state}" for state in State},
    "all": "",
    "a person": "user:{user}",
    "a person's failed ones": "user:{user} state:failed",
    "a group": "group:{group}",
    "a group's failed ones": "group:{group} state:failed",
    "an operation": "operation:1",
    "a range of numbers": "id:1..2000",
    "a task": "task:tests.add",
    "a task that is nowhere": "task:tests.nowhere",
    "a task that is nowhere, of a tab": "task:tests.nowhere state:completed",
    "a queue": "queue:imports",
    "what waits on a queue": "queue:imports state:waiting",
    "an error": "error:nowhere state:failed",
    "an argument": "args.x:7",
    "what failed lately": "state:failed since:1h",
    "what failed long ago": "state:failed before:1h",
    "a worker": "worker:w@one",
}


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts that are as small beside this table as the real ones are beside a large one."""
    monkeypatch.setattr(search, "WINDOW", 500)
    monkeypatch.setattr(selectors, "MANY", 100)


def fill() -> User:
    fill_jobs()
    person: User = UserFactory()
    numbers = Job.objects.order_by("pk").values_list("pk", flat=True)[:100]
    Job.objects.filter(pk__in=list(numbers)).update(user=person)
    now = timezone.now()
    ErrorGroup.objects.create(id=5, task="tests.add", exception="KeyError", first_seen=now, last_seen=now)
    some = Job.objects.filter(state="failed").order_by("-pk").values_list("pk", flat=True)[:50]
    Job.objects.filter(pk__in=list(some)).update(error_group=5)
    for number in range(40):
        Worker.objects.create(
            name=f"w{number}@one",
            host="one",
            pid=number,
            queues=["default"],
            started_at=now,
            seen_at=now - timedelta(hours=number % 2),
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE jobs_job")
    return person


hundredth = kept_for_module(fill)


@pytest.fixture
def someone(hundredth: User, unprepared: None) -> User:
    """A person with a hundred jobs among the others, fifty of which failed in one way."""
    return hundredth


def look(address: str, **asked: str) -> list[str]:
    """Open a page, and give what it reads from end to end."""
    client, explaining = as_client(superuser()), Explaining("jobs_job")
    with connection.execute_wrapper(explaining), CaptureQueriesContext(connection) as queries:
        assert client.get(address, asked).status_code == 200
    asked_for = [query for query in queries if not query["sql"].startswith("EXPLAIN")]
    assert len(asked_for) < STATEMENTS
    return explaining.scans


@pytest.mark.parametrize("name", FILTERS)
def test_no_filter_reads_the_table_of_jobs_from_end_to_end(name: str, someone: User) -> None:
    query = FILTERS[name].format(user=someone.pk, group=ErrorGroup(id=5).fingerprint)

    assert look(reverse("admin:jobs_job_changelist"), q=query) == []


def test_no_page_reads_the_table_of_jobs_from_end_to_end(someone: User) -> None:
    schedule = Schedule.objects.create(name="nightly", task="tests.add", cron="0 3 * * *")
    operation = Operation.objects.create(action="retry", actor_name="ana", source="admin", state="finished")
    newest: dict[str, Any] = {state: Job.objects.filter(state=state).latest("pk") for state in ("failed", "waiting")}
    pages = [
        reverse("admin:index"),
        reverse("admin:jobs_overview"),
        reverse("admin:jobs_person", args=[someone.pk]),
        *(reverse("admin:jobs_job_change", args=[job.pk]) for job in newest.values()),
        *(reverse(f"admin:jobs_{model}_changelist") for model in ("errorgroup", "operation", "queue", "schedule")),
        reverse("admin:jobs_worker_changelist"),
        reverse("admin:jobs_errorgroup_change", args=[5]),
        reverse("admin:jobs_operation_change", args=[operation.pk]),
        reverse("admin:jobs_schedule_change", args=[schedule.pk]),
    ]

    assert {page: scans for page in pages if (scans := look(page))} == {}


def test_the_pages_of_a_long_list_are_found_by_an_index(someone: User) -> None:
    list_ = reverse("admin:jobs_job_changelist")
    for query in ("", "state:failed", "state:delayed"):
        client = as_client(superuser())
        page = client.get(list_, {"q": query})
        explaining = Explaining("jobs_job")
        with connection.execute_wrapper(explaining):
            page = client.get(page.context["next_page"])
            page = client.get(page.context["next_page"])
            client.get(page.context["previous_page"])
        assert explaining.scans == []
