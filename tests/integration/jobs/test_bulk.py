"""Interventions on everything that a filter matches."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.utils import timezone

from focusjobs.jobs import interventions
from focusjobs.jobs.bulk import ACTS, BATCH, Cursor, Preview, preview, run
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.errors import OperationRefused
from focusjobs.jobs.models import Job
from focusjobs.jobs.query import matching
from tests import tasks
from tests.factories import UserFactory
from tests.integration.jobs.rows import job_in

pytestmark = pytest.mark.django_db


def many(number: int, state: State = State.FAILED) -> list[Job]:
    when = timezone.now() if state == State.FAILED else None
    rows = (
        Job(task=tasks.add.name, queue="default", arguments={"x": 1, "y": n}, state=state, finished_at=when)
        for n in range(number)
    )
    return Job.objects.bulk_create(rows)


def test_two_thousand_jobs_are_retried_in_batches_and_a_run_goes_on_where_it_was_stopped() -> None:
    many(2_000)
    jobs = matching("state:failed")
    steps = run("retry", interventions.retry, jobs, Cursor.now())
    first, second = next(steps), next(steps)
    steps.close()
    assert (first.seen, first.changed, second.seen, second.changed) == (BATCH, BATCH, 2 * BATCH, 2 * BATCH)
    place = Cursor.read(str(second.cursor))
    assert place == second.cursor
    rest = list(run("retry", interventions.retry, jobs, place))
    assert [step.changed for step in rest] == [500, 1_000]
    assert set(Job.objects.values_list("state", "fence")) == {("waiting", 1)}


def test_jobs_that_come_or_fail_after_the_snapshot_are_left_alone() -> None:
    fails_later = job_in(State.ACTIVE)
    job_in(State.FAILED)
    cursor = Cursor.now()
    in_a_moment = cursor.at + timedelta(seconds=1)
    Job.objects.filter(pk=fails_later.pk).update(state="failed", leased_until=None, finished_at=in_a_moment)
    comes_later = job_in(State.FAILED)
    steps = list(run("retry", interventions.retry, matching("state:failed"), cursor))
    assert [step.changed for step in steps] == [1]
    assert set(Job.objects.filter(state="failed")) == {fails_later, comes_later}


def test_a_limit_counts_the_jobs_that_were_changed() -> None:
    job_in(State.WAITING, unique_key="k")
    job_in(State.FAILED, unique_key="k")
    many(10)
    steps = list(run("retry", interventions.retry, matching("state:failed"), Cursor.now(), limit=5))
    assert (steps[-1].seen, steps[-1].changed) == (6, 5)
    assert Job.objects.filter(state="failed").count() == 6


def test_a_run_over_nothing_tells_nothing() -> None:
    assert list(run("retry", interventions.retry, matching("state:failed"), Cursor.now())) == []


@pytest.mark.parametrize("act", ["cancel", "cancel_active", "promote", "reschedule", "set_priority", "retry"])
def test_a_preview_says_exactly_what_a_run_then_does(act: str) -> None:
    for state in State:
        job_in(state)
    changes = {
        "retry": interventions.retry,
        "cancel": partial(interventions.cancel, reason="enough"),
        "cancel_active": partial(interventions.cancel, reason="enough", active=True),
        "promote": interventions.promote,
        "reschedule": partial(interventions.reschedule, run_at=datetime(2200, 1, 1, tzinfo=UTC)),
        "set_priority": partial(interventions.set_priority, priority=3),
    }
    cursor = Cursor.now()
    expected = preview(act, matching(""), cursor)
    assert expected.matched == len(State)
    assert expected.skipped == {state: 1 for state in State if state not in ACTS[act]}
    (done,) = run(act, changes[act], matching(""), cursor)
    assert done.changed == expected.eligible == len(ACTS[act])


def test_a_preview_of_a_retry_tells_people_and_why_jobs_are_skipped() -> None:
    ana, ben = UserFactory(), UserFactory()
    for person in (ana, ana, ben):
        job_in(State.FAILED, user=person)
    job_in(State.CANCELLED, expires_at=datetime(2026, 1, 1, tzinfo=UTC))
    job_in(State.FAILED, unique_key="k")
    job_in(State.WAITING, unique_key="k")
    assert preview("retry", matching(""), Cursor.now()) == Preview(
        matched=6, eligible=3, users=2, skipped={"waiting": 1, "expired": 1, "unique key held by another job": 1}
    )


@pytest.mark.parametrize(
    "text", ["", "7", "1/2", "a/b/c", "3/2/2026-01-01T00:00:00+00:00", "1/2/2026-01-01T00:00:00", "-1/2/x"]
)
def test_a_place_that_no_run_wrote_is_refused(text: str) -> None:
    with pytest.raises(OperationRefused, match="is no place to go on from"):
        Cursor.read(text)
