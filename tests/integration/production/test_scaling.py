"""What the autoscaler asks the ledger, on the real tables."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from focusjobs.jobs.interventions import queues
from focusjobs.jobs.models import Job
from tests import tasks
from tests.explaining import Explaining
from tests.integration.jobs.conftest import claim
from tests.unit.production.commands import ROOT, queues_of
from tests.unit.production.manifests import SCALED, WORKERS, scaling_query

pytestmark = [pytest.mark.django_db, pytest.mark.parametrize("name", sorted(SCALED))]


def asked(name: str) -> int:
    """Ask as the autoscaler does: its answer has to be one row with one whole number."""
    with connection.cursor() as cursor:
        cursor.execute(scaling_query(name))
        ((answer,),) = cursor.fetchall()
    assert type(answer) is int
    return answer


def enqueue(queue: str, number: int, **options: object) -> None:
    tasks.add.using(queue=queue, **options).enqueue_many({"x": x, "y": 0} for x in range(number))


def test_jobs_that_are_due_or_run_are_counted_on_the_queues_of_the_worker(name: str) -> None:
    own = queues_of(WORKERS[name]["command"])
    assert asked(name) == 0
    for queue in own:
        enqueue(queue, 3)
        claim(1, queue=queue)
    for queue in {queue for container in WORKERS.values() for queue in queues_of(container["command"])} - set(own):
        enqueue(queue, 2)
    assert asked(name) == 3 * len(own)


def test_jobs_that_more_workers_would_not_help_are_not_counted(name: str) -> None:
    queue, *_ = queues_of(WORKERS[name]["command"])
    enqueue(queue, 2, run_after=timedelta(hours=1))
    enqueue(queue, 2)
    Job.objects.filter(lane="drain", state="waiting").update(lane="limited", limit_key="one-at-a-time")
    assert asked(name) == 0
    enqueue(queue, 2)
    assert asked(name) == 2
    queues.pause(queue, by="somebody", reason="a test")
    assert asked(name) == 0


def test_a_long_queue_costs_no_more_than_its_answer_is_worth(name: str) -> None:
    queue, *_ = queues_of(WORKERS[name]["command"])
    one = SCALED[name]["spec"]
    enough = int(one["triggers"][0]["metadata"]["targetQueryValue"]) * one["maxReplicaCount"]
    statement = scaling_query(name)
    assert statement.count(f"LIMIT {enough}") == statement.count("LIMIT") == 3
    enqueue(queue, 50)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # fifty rows lie on a page
    explaining = Explaining("jobs_job")
    with connection.execute_wrapper(explaining):
        asked(name)
    assert (len(explaining.seen), explaining.scans) == (1, [])


def test_the_role_of_the_autoscaler_needs_no_more_than_the_document_grants(name: str) -> None:
    (_, rest) = (ROOT / "docs/operations.md").read_text().split("CREATE ROLE focusjobs_scaler", 1)
    grants = rest.split("```", 1)[0].split(";", 1)[1]
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE focusjobs_scaler")
        cursor.execute(grants)
        cursor.execute("SET ROLE focusjobs_scaler")
    assert asked(name) == 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_table_privilege('jobs_job', 'SELECT'), has_column_privilege('jobs_job', 'arguments', 'SELECT')"
        )
        assert cursor.fetchone() == (False, False)
        cursor.execute("RESET ROLE")
