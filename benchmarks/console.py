"""`make bench BENCH=console`: what each page of the console costs with JOBS jobs in the ledger (5 million unless told).

Every page is requested as a superuser through Django's test client, in this process: its milliseconds are those of
the server, template included, network excluded. The last line is JSON with every page.

With DATABASE_URL and REDIS_URL given, what is in that database is measured, and nothing is filled.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Iterator
from typing import Any

from benchmarks import fill
from benchmarks.processes import wait_for_quiet
from benchmarks.servers import bench_servers, database

QUICK = bool(os.environ.get("QUICK"))
JOBS = int(os.environ.get("JOBS") or (50_000 if QUICK else 5_000_000))
ROUNDS = 5 if QUICK else 15
MOST_MS, MOST_QUERIES = 200, 30
"""The bars: the slowest page of the median round, and statements of a page."""


def main() -> None:
    """Fill a ledger of its own, or take the one that is given, and measure."""
    if "DATABASE_URL" in os.environ and "REDIS_URL" in os.environ:
        report(measure())
        return
    with bench_servers():
        with database() as connection:
            fill.fill(connection, JOBS)
        report(measure())


def report(figures: dict[str, dict[str, float]]) -> None:
    """Print a line a page, and all as JSON."""
    slowest = max(page["median_ms"] for page in figures.values())
    most = max(page["queries"] for page in figures.values())
    holds = slowest < MOST_MS and most < MOST_QUERIES
    print(json.dumps({"jobs": JOBS, "pages": figures, "slowest_ms": slowest, "most_queries": most, "holds": holds}))


def measure() -> dict[str, dict[str, float]]:
    """Request every page several times, and give its median and slowest time and its statements."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "focusjobs.settings")
    os.environ.setdefault("SECRET_KEY", "only-for-benchmarks-" + "x" * 40)
    os.environ["DEBUG"] = "1"  # plain HTTP, files that were not collected
    import django

    django.setup()
    from django.conf import settings
    from django.test import Client

    settings.DEBUG, settings.ALLOWED_HOSTS = False, ["*"]
    client = Client()
    client.force_login(_operator())
    wait_for_quiet(15.0)
    return {name: _told(name, _page(client, address)) for name, address in _addresses()}


def _operator() -> Any:
    from habits.models import User

    user, _ = User.objects.get_or_create(email="bench@fill.example", defaults={"is_staff": True, "is_superuser": True})
    return user


def _addresses() -> Iterator[tuple[str, str]]:
    from django.urls import reverse

    from focusjobs.jobs.models import ErrorGroup, Job

    jobs = reverse("admin:jobs_job_changelist")
    yield "index", reverse("admin:index")
    yield "overview", reverse("admin:jobs_overview")
    yield "jobs", jobs
    for state in ("waiting", "delayed", "active", "completed", "failed", "cancelled"):
        yield f"jobs {state}", f"{jobs}?q=state:{state}"
    failed = Job.objects.filter(state="failed").order_by("-finished_at")[0]
    group = ErrorGroup.objects.filter(pk=failed.error_group_id).first() or ErrorGroup.objects.latest("last_seen")
    filters = {
        "of a person": f"user:{failed.user_id}",
        "of an error group": f"group:{group.fingerprint} state:failed",
        "of a task": "task:habits.import_backup",
        "failed of a task": f"state:failed+task:{failed.task}",
        "by a part of the error": "state:failed+error:refused",
        "by an error that is nowhere": "error:nowhere",
        "by an argument": "args.habit_id:4242",
        "of a queue since an hour": "queue:imports+since:1h",
        "of a worker": "worker:*@host-1",
    }
    for name, query in filters.items():
        yield f"jobs {name}", f"{jobs}?q={query}"
    yield "jobs, deep page", f"{jobs}?after=[{Job.objects.order_by('-id').values_list('id', flat=True)[0] // 2}]"
    for state in ("completed", "failed", "waiting", "active"):
        newest = Job.objects.filter(state=state).order_by("-id").values_list("id", flat=True)[0]
        yield f"job {state}", reverse("admin:jobs_job_change", args=[newest])
    yield "error groups", reverse("admin:jobs_errorgroup_changelist")
    yield "error group", reverse("admin:jobs_errorgroup_change", args=[group.pk])
    for model in ("operation", "queue", "schedule", "worker"):
        yield f"{model}s", reverse(f"admin:jobs_{model}_changelist")
    yield "a person's jobs", reverse("admin:jobs_person", args=[failed.user_id])


def _page(client: Any, address: str) -> dict[str, float]:
    from django.db import connection, reset_queries
    from django.test.utils import CaptureQueriesContext

    client.get(address)
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        response = client.get(address)
        times.append(1000 * (time.perf_counter() - start))
        if response.status_code != 200:
            sys.exit(f"{address} answered {response.status_code}.")
        reset_queries()
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return {
        "median_ms": round(statistics.median(times), 1),
        "max_ms": round(max(times), 1),
        "queries": len(queries),
        "kb": round(len(response.content) / 1000, 1),
    }


def _told(name: str, page: dict[str, float]) -> dict[str, float]:
    figures = f"{page['median_ms']:8.1f} ms median {page['max_ms']:8.1f} ms max {page['queries']:4.0f} statements"
    print(f"{name:<36}{figures} {page['kb']:8.1f} kB", flush=True)
    return page


if __name__ == "__main__":
    main()
