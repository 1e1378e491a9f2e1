"""How finished jobs are forgotten, and what is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_celery_results.models import TaskResult

from focusjobs.jobs.domain.lifecycle import FINISHED, State
from focusjobs.jobs.errors import OperationRefused
from focusjobs.jobs.interventions import retention
from focusjobs.jobs.models import Attempt, Job, LogLine
from tests.integration.jobs.rows import job_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _policy(settings: Any) -> None:
    for state in FINISHED:
        setattr(settings, f"JOBS_KEEP_{state.name}", timedelta(days=30))
        setattr(settings, f"JOBS_KEEP_{state.name}_COUNT", None)
    settings.JOBS_KEEP_COMPLETED = timedelta(days=7)


def ended(state: State = State.COMPLETED, *, days: float, **fields: Any) -> Job:
    return job_in(state, finished_at=timezone.now() - timedelta(days=days), **fields)


def left() -> set[int]:
    return set(Job.objects.values_list("pk", flat=True))


def test_each_final_state_is_kept_for_its_own_time_and_the_unfinished_for_ever() -> None:
    kept = {ended(days=6).pk, ended(State.FAILED, days=29).pk, ended(State.CANCELLED, days=29).pk}
    kept |= {
        job_in(state, created_at=timezone.now() - timedelta(days=900)).pk for state in State if state not in FINISHED
    }
    for state, days in ((State.COMPLETED, 8), (State.FAILED, 31), (State.CANCELLED, 31)):
        ended(state, days=days)
    assert retention.prune() == 3
    assert left() == kept


def test_all_that_belongs_to_a_job_goes_with_it() -> None:
    kept, gone = ended(days=1), ended(days=9)
    foreign = ended(days=9, celery_id="from-elsewhere")
    for job in (kept, gone, foreign):
        Attempt.objects.create(job=job, number=1, outcome="failed")
        LogLine.objects.create(job=job, attempt=1, at=timezone.now(), level="info", line="hello")
        TaskResult.objects.create(task_id=job.task_id, status="SUCCESS")
    TaskResult.objects.create(task_id="of-no-job", status="SUCCESS")
    retention.prune()
    assert left() == {kept.pk}
    assert {row.job_id for row in Attempt.objects.all()} == {row.job_id for row in LogLine.objects.all()} == {kept.pk}
    assert set(TaskResult.objects.values_list("task_id", flat=True)) == {kept.task_id, "of-no-job"}


def test_a_count_deletes_the_oldest_beyond_it(settings: Any) -> None:
    settings.JOBS_KEEP_COMPLETED_COUNT = 3
    jobs = [ended(days=days / 100) for days in range(5)]
    ended(State.FAILED, days=1)
    assert retention.prune() == 2
    assert set(Job.objects.filter(state="completed")) == set(jobs[:3])


def test_jobs_that_ended_in_the_same_moment_as_the_last_one_to_be_kept_are_kept(settings: Any) -> None:
    settings.JOBS_KEEP_COMPLETED_COUNT = 2
    moment = timezone.now()
    for _ in range(4):
        job_in(State.COMPLETED, finished_at=moment)
    ended(days=1)
    assert retention.prune() == 1


def test_a_count_of_none_keeps_none(settings: Any) -> None:
    settings.JOBS_KEEP_COMPLETED_COUNT = 0
    ended(days=0)
    assert retention.prune() == 1


def test_a_parent_stays_while_a_child_of_it_is_unfinished() -> None:
    parent = ended(State.FAILED, days=99)
    job_in(State.WAITING, parent=parent)
    assert retention.prune() == 0


@pytest.mark.parametrize("state", [State.WAITING_CHILDREN, State.ACTIVE, State.FAILED])
def test_a_child_stays_while_its_parent_may_still_read_what_it_gave(state: State) -> None:
    ended(days=99, parent=job_in(state))
    assert retention.prune() == 0


def test_a_whole_flow_goes_at_once_when_it_is_old() -> None:
    parent = ended(days=9)
    for _ in range(3):
        ended(days=9, parent=ended(days=9, parent=parent))
    assert retention.prune() == 7


def test_a_child_that_is_kept_longer_than_its_parent_is_set_free() -> None:
    child = ended(State.FAILED, days=9, parent=ended(days=9), on_failure="ignore")
    retention.prune()
    child.refresh_from_db()
    assert child.parent_id is None


def test_pruning_goes_by_batches_up_to_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 3)
    for _ in range(8):
        ended(days=9)
    assert retention.prune(limit=4) == 4
    assert retention.prune() == 4


def test_the_pruner_goes_on_at_once_while_batches_are_full_and_then_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 3)
    for _ in range(4):
        ended(days=9)
    pruner = retention.Pruner()
    pruner()
    assert len(left()) == 1
    pruner()
    assert left() == set()
    late = ended(days=9)
    pruner()
    assert left() == {late.pk}
    pruner.due -= retention.PAUSE
    pruner()
    assert left() == set()


def test_cleaning_takes_one_state_an_age_and_a_limit() -> None:
    old, _ = [ended(State.FAILED, days=2) for _ in range(3)], ended(State.FAILED, days=0.5)
    ended(days=2)
    assert retention.clean("failed", timedelta(days=1), limit=2) == 2
    assert retention.clean("failed", timedelta(days=1)) == 1
    assert left().isdisjoint(job.pk for job in old)
    assert len(left()) == 2


@pytest.mark.parametrize("state", [*(state for state in State if state not in FINISHED), "fialed", ""])
def test_only_final_states_can_be_cleaned(state: str) -> None:
    with pytest.raises(OperationRefused, match="Only completed, failed, cancelled jobs can be deleted"):
        retention.clean(state, timedelta(0))


def test_an_age_below_nothing_is_refused() -> None:
    with pytest.raises(OperationRefused, match="not below nothing"):
        retention.clean("failed", timedelta(days=-1))
