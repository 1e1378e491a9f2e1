"""What Prometheus is told, and whom `/metrics` answers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
from django.conf import settings as project
from django.db import connection
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from focusjobs.health import heartbeat
from focusjobs.jobs import metrics
from focusjobs.jobs.models import Job, Queue, Tally
from focusjobs.jobs.telling import tally, wakeups
from focusjobs.jobs.telling.tally import BOUNDS, Counts
from focusjobs.jobs.worker import maintenance
from tests import tasks
from tests.explaining import Explaining
from tests.factories import UserFactory

from .conftest import claim

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]
TOKEN = "s3cret"
Labels = dict[str, str]


@pytest.fixture(autouse=True)
def token(settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN


@pytest.fixture
def live_worker(bells: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(heartbeat, "WORKERS", "focusjobs:workers:of-the-metrics-tests")
    heartbeat.beat("worker@metrics")
    yield
    heartbeat.forget("worker@metrics")


def scrape(client: Client) -> dict[str, list[tuple[Labels, float]]]:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    samples: dict[str, list[tuple[Labels, float]]] = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        for sample in family.samples:
            samples.setdefault(sample.name, []).append((sample.labels, sample.value))
    return samples


def value(client: Client, name: str, **labels: str) -> float:
    (found,) = [value for its, value in scrape(client)[name] if labels.items() <= its.items()]
    return found


# --- Access ----------------------------------------------------------------------------------------------------------


def test_the_token_opens(client: Client) -> None:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("given", [None, "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer ünï"])
def test_anybody_else_is_asked_for_it(client: Client, given: str | None) -> None:
    answer = client.get("/metrics", headers={"Authorization": given} if given else {})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert b"jobs_" not in answer.content


def test_without_a_token_in_the_settings_no_token_opens(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401


@pytest.mark.parametrize(("is_staff", "status"), [(True, 200), (False, 403)])
def test_of_people_only_the_staff_may_look(client: Client, is_staff: bool, status: int) -> None:
    client.force_login(UserFactory.create(is_staff=is_staff))
    assert client.get("/metrics").status_code == status


# --- What is told ----------------------------------------------------------------------------------------------------


def test_the_depth_is_told_by_queue_and_state(client: Client) -> None:
    tasks.add.enqueue_many({"x": x, "y": 0} for x in range(5))
    tasks.add.using(queue="imports", run_after=timedelta(hours=1)).enqueue(x=1, y=1)
    claim(2)
    assert value(client, "jobs_depth", queue="default", state="waiting") == 3
    assert value(client, "jobs_depth", queue="default", state="active") == 2
    assert value(client, "jobs_depth", queue="imports", state="delayed") == 1
    assert value(client, "jobs_depth", queue="statistics", state="waiting") == 0
    assert value(client, "jobs_depth", queue="default", state="waiting_children") == 0


def test_the_oldest_waiting_job_is_told_by_its_age(client: Client) -> None:
    now = timezone.now()
    for seconds in (10, 500, 20):
        made = tasks.add.using(priority=seconds).enqueue(x=1, y=1)
        due = now - timedelta(seconds=seconds)
        Job.objects.filter(pk=made.id).update(created_at=due - timedelta(days=1), run_at=due)
    assert value(client, "jobs_oldest_waiting_seconds", queue="default") == pytest.approx(500, abs=5)
    assert value(client, "jobs_oldest_waiting_seconds", queue="imports") == 0


def test_leases_are_told_and_those_that_ran_out(client: Client) -> None:
    tasks.add.enqueue_many({"x": x, "y": 0} for x in range(5))
    claim(2)
    claim(1, lease=timedelta(seconds=-1))
    assert value(client, "jobs_active_leases") == 3
    assert value(client, "jobs_expired_leases") == 1


def test_a_paused_queue_is_told(client: Client) -> None:
    Queue.objects.create(name="imports", paused_at=timezone.now())
    Queue.objects.create(name="default")
    assert value(client, "jobs_queue_paused", queue="imports") == 1
    assert value(client, "jobs_queue_paused", queue="default") == 0


def test_counters_and_histograms_come_from_the_tallies_of_all_time(client: Client) -> None:
    counts = Counts(completed=4, failed=1, errors=3, cancelled=2)
    for seconds in (0.0005, 0.02, 1e6):
        counts.ran(seconds)
    tally.write([(("tests.add", "default"), counts)])
    where = {"task": "tests.add", "queue": "default"}
    told = [value(client, f"jobs_{name}_total", **where) for name in ("completed", "failed", "errors", "cancelled")]
    assert told == [4, 1, 3, 2]
    assert value(client, "jobs_run_seconds_count", **where) == 3
    assert value(client, "jobs_run_seconds_sum", **where) == pytest.approx(1000000.0205)
    assert value(client, "jobs_run_seconds_bucket", **where, le="0.001") == 1
    assert value(client, "jobs_run_seconds_bucket", **where, le="0.025") == 2
    assert value(client, "jobs_run_seconds_bucket", **where, le=str(BOUNDS[-1])) == 2
    assert value(client, "jobs_run_seconds_bucket", **where, le="+Inf") == 3
    assert value(client, "jobs_wait_seconds_count", **where) == 0


def test_counters_do_not_fall_when_old_minutes_are_pruned(client: Client) -> None:
    tally.write([(("tests.add", "default"), Counts(completed=4))])
    tally.prune(timezone.now() + timedelta(days=1))
    assert Tally.objects.count() == 1
    assert value(client, "jobs_completed_total", task="tests.add") == 4


def test_a_name_with_quotes_and_line_breaks_is_told_as_it_is(client: Client) -> None:
    name = 'a "b"\\c\nd'
    tally.write([((name, "default"), Counts(completed=1))])
    assert value(client, "jobs_completed_total", task=name) == 1


def test_an_empty_ledger_is_told_in_zeros(client: Client) -> None:
    told = scrape(client)
    assert {its["queue"] for its, _ in told["jobs_depth"]} == set(project.JOBS_QUEUES)
    assert all(value == 0 for _, value in told["jobs_depth"])
    assert "jobs_completed_total" not in told


@pytest.mark.usefixtures("live_worker")
def test_workers_and_the_latest_housekeeping_are_told(client: Client) -> None:
    assert "jobs_last_housekeeping_timestamp_seconds" not in scrape(client)
    maintenance.keep_house()
    assert value(client, "jobs_workers") == 1
    assert value(client, "jobs_last_housekeeping_timestamp_seconds") == pytest.approx(time.time(), abs=10)


def test_without_redis_the_rest_is_told(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = redis.Redis.from_url("unix:///nowhere/valkey.sock")
    monkeypatch.setattr(heartbeat, "client", lambda: absent)
    monkeypatch.setattr(wakeups, "client", lambda: absent)
    told = scrape(client)
    assert "jobs_workers" not in told
    assert told["jobs_depth"]


# --- Cost ------------------------------------------------------------------------------------------------------------

FILL = """
INSERT INTO jobs_job (task, queue, arguments, state, leased_until, finished_at, run_at, parent_id)
SELECT 'tests.add', (ARRAY['default', 'imports', 'statistics', 'notifications'])[1 + n %% 4], '{}', state,
       CASE WHEN state = 'active' THEN now() + interval '1 hour' END,
       CASE WHEN state = 'completed' THEN now() END, now(), NULL
FROM generate_series(1, %s) AS n, LATERAL (SELECT CASE WHEN n %% 100 = 0 THEN
    (ARRAY['waiting', 'delayed', 'active', 'waiting_children'])[1 + n / 100 %% 4] ELSE 'completed' END AS state) AS s
"""


def test_no_statement_of_a_scrape_reads_finished_jobs(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FILL, [40_000])
        cursor.execute("ANALYZE jobs_job")
    explaining = Explaining("jobs_job")
    with connection.execute_wrapper(explaining):
        told = scrape(client)
    assert len(explaining.seen) == 2
    assert explaining.scans == []
    assert sum(value for _, value in told["jobs_depth"]) == 400


def test_counting_stops_at_the_cap(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "CAP", 3)
    tasks.add.enqueue_many({"x": x, "y": 0} for x in range(5))
    tasks.add.using(queue="imports").enqueue(x=1, y=1)
    assert value(client, "jobs_depth", queue="default", state="waiting") == 3
    assert value(client, "jobs_depth", queue="imports", state="waiting") == 1
