"""Editing a job, draining a queue, and acts on members of flows."""

from __future__ import annotations

from typing import Any

import pytest
from django_celery_results.models import TaskResult

from focusjobs.jobs import interventions, ledger
from focusjobs.jobs.domain.identity import task_id_of
from focusjobs.jobs.domain.lifecycle import FINISHED, State
from focusjobs.jobs.errors import InvalidArguments, NotJSON, OperationRefused
from focusjobs.jobs.models import Job
from focusjobs.jobs.telling import wakeups
from tests.integration.jobs.conftest import claim_one, ended
from tests.integration.jobs.rows import job_in

pytestmark = pytest.mark.django_db


class TestEdit:
    @pytest.mark.parametrize("state", [*FINISHED, State.WAITING, State.DELAYED])
    def test_an_edited_job_is_a_new_one_that_names_the_old(self, state: State) -> None:
        job = job_in(state, priority=4, tries=2, max_attempts=2, options={"note": 1})
        made = interventions.edit_and_retry(job.pk, {"x": 5, "y": 6})
        new = Job.objects.get(pk=made.id)
        assert (new.arguments, new.options) == ({"x": 5, "y": 6}, {"note": 1, "edited_from": job.pk})
        assert (new.task, new.queue, new.priority, new.max_attempts) == (job.task, "default", 4, 2)
        assert new.run_at == job.run_at if state == State.DELAYED else new.state == State.WAITING

    @pytest.mark.parametrize("state", [State.WAITING, State.DELAYED])
    def test_a_pending_job_is_cancelled_in_favour_of_the_edited_one(self, state: State) -> None:
        job = job_in(state, unique_key="k")
        made = interventions.edit_and_retry(job.pk, {"x": 5, "y": 6})
        assert dict(Job.objects.values_list("pk", "state")) == {job.pk: "cancelled", made.id: state}
        assert Job.objects.get(pk=made.id).unique_key == "k"

    @pytest.mark.parametrize(
        ("state", "why"), [(State.ACTIVE, "is running"), (State.WAITING_CHILDREN, "is part of a flow")]
    )
    def test_a_job_that_runs_or_waits_for_children_is_refused(self, state: State, why: str) -> None:
        job = job_in(state)
        with pytest.raises(OperationRefused, match=f"Job {job.pk} {why}"):
            interventions.edit_and_retry(job.pk, {"x": 1, "y": 1})

    def test_a_pending_child_of_a_flow_is_refused(self) -> None:
        child = job_in(State.WAITING, parent=job_in(State.WAITING_CHILDREN))
        with pytest.raises(OperationRefused, match="is part of a flow"):
            interventions.edit_and_retry(child.pk, {"x": 1, "y": 1})

    def test_a_job_that_is_gone_is_refused(self) -> None:
        with pytest.raises(OperationRefused, match="There is no job 999999"):
            interventions.edit_and_retry(999999, {})

    def test_arguments_that_the_task_does_not_take_are_refused_and_change_nothing(self) -> None:
        job = job_in(State.WAITING)
        with pytest.raises(InvalidArguments, match="missing a required argument: 'y'"):
            interventions.edit_and_retry(job.pk, {"x": 1, "z": 1})
        with pytest.raises(NotJSON):
            interventions.edit_and_retry(job.pk, {"x": 1, "y": {1}})
        assert list(Job.objects.values_list("pk", "state")) == [(job.pk, "waiting")]

    def test_a_key_that_another_job_holds_is_refused_and_changes_nothing(self) -> None:
        job, holder = job_in(State.FAILED, unique_key="k"), job_in(State.WAITING, unique_key="k")
        with pytest.raises(OperationRefused, match=f"Job {holder.pk} holds the unique key “k”"):
            interventions.edit_and_retry(job.pk, {"x": 1, "y": 1})
        assert Job.objects.count() == 2

    def test_a_task_that_is_gone_is_refused(self) -> None:
        with pytest.raises(OperationRefused, match=r"There is no task “gone\.away” here"):
            interventions.edit_and_retry(job_in(State.FAILED, task="gone.away").pk, {})


class TestDrain:
    def test_it_cancels_what_waits_and_leaves_the_rest(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("focusjobs.jobs.interventions.jobs.BATCH", 3)
        waiting = [job_in(State.WAITING).pk for _ in range(7)]
        waiting.append(job_in(State.WAITING, lane="limited", limit_key="k").pk)
        waiting.append(job_in(State.WAITING, lane="message").pk)
        others = {job_in(state).pk for state in State if state != State.WAITING}
        others.add(job_in(State.WAITING, queue="imports").pk)
        before = dict(Job.objects.filter(pk__in=others).values_list("pk", "state"))
        assert interventions.drain("default") == 9
        assert set(Job.objects.filter(pk__in=waiting).values_list("state", "error")) == {
            ("cancelled", "The queue was drained.")
        }
        assert dict(Job.objects.filter(pk__in=others).values_list("pk", "state")) == before

    def test_it_cancels_delayed_jobs_only_when_told_to(self) -> None:
        job_in(State.DELAYED)
        assert interventions.drain("default") == 0
        assert interventions.drain("default", delayed=True) == 1


class TestFlows:
    @staticmethod
    def family(*children: dict[str, Any], parent: State = State.FAILED, **fields: Any) -> tuple[Job, list[Job]]:
        top = job_in(parent, **fields)
        return top, [job_in(child.pop("state", State.FAILED), parent=top, **child) for child in children]

    @staticmethod
    def states(*jobs: Job) -> list[str]:
        found = dict(Job.objects.values_list("pk", "state"))
        return [found[job.pk] for job in jobs]

    def test_a_retried_child_brings_back_the_parent_that_it_made_fail(self) -> None:
        parent, (child,) = self.family({})
        TaskResult.objects.create(task_id=task_id_of(parent.pk), status="FAILURE")
        assert interventions.retry([child.pk]) == {child.pk}
        parent.refresh_from_db()
        assert (parent.state, parent.children_left, parent.finished_at) == ("waiting_children", 1, None)
        assert not TaskResult.objects.exists()
        assert ledger.finish([ended(claim_one())]) == {child.pk}
        assert self.states(parent, child) == ["waiting", "completed"]

    def test_a_parent_comes_back_only_when_no_other_child_stands_in_its_way(self) -> None:
        parent, (first, second) = self.family({}, {})
        interventions.retry([first.pk])
        assert self.states(parent) == ["failed"]
        interventions.retry([second.pk])
        parent.refresh_from_db()
        assert (parent.state, parent.children_left) == ("waiting_children", 2)

    def test_parents_come_back_through_all_generations(self) -> None:
        top, (middle,) = self.family({})
        child = job_in(State.FAILED, parent=middle)
        interventions.retry([child.pk])
        assert self.states(top, middle, child) == ["waiting_children", "waiting_children", "waiting"]

    def test_a_retried_parent_takes_along_the_children_that_made_it_fail(self) -> None:
        parent, (fatal, ignored, done) = self.family({}, {"on_failure": "ignore"}, {"state": State.COMPLETED})
        assert interventions.retry([parent.pk]) == {parent.pk, fatal.pk}
        assert self.states(parent, fatal, ignored, done) == ["waiting_children", "waiting", "failed", "completed"]
        parent.refresh_from_db()
        assert parent.children_left == 1

    def test_a_retried_parent_whose_children_have_ended_waits_for_nothing(self) -> None:
        parent, _ = self.family({"state": State.COMPLETED}, {"on_failure": "ignore"})
        interventions.retry([parent.pk])
        assert self.states(parent) == ["waiting"]

    def test_a_retried_child_whose_failure_was_ignored_is_counted_by_its_parent_again(self) -> None:
        parent, (child, _) = self.family(
            {"on_failure": "ignore"}, {"state": State.WAITING}, parent=State.WAITING_CHILDREN, children_left=1
        )
        interventions.retry([child.pk])
        parent.refresh_from_db()
        assert (parent.state, parent.children_left) == ("waiting_children", 2)

    def test_a_parent_that_ran_is_not_run_again_for_a_child_whose_failure_it_ignored(self) -> None:
        parent, (child,) = self.family({"on_failure": "ignore"}, parent=State.COMPLETED)
        interventions.retry([child.pk])
        assert self.states(parent, child) == ["completed", "waiting"]

    @pytest.mark.parametrize(
        ("on_failure", "state"), [("fail", "failed"), ("ignore", "waiting"), ("continue", "waiting")]
    )
    def test_a_cancelled_child_counts_as_failed(self, on_failure: str, state: str) -> None:
        parent, (child,) = self.family(
            {"state": State.WAITING, "on_failure": on_failure}, parent=State.WAITING_CHILDREN, children_left=1
        )
        interventions.cancel([child.pk], "enough")
        assert self.states(parent, child) == [state, "cancelled"]

    def test_a_parent_that_failed_is_counted_once_by_its_own_parent_however_many_of_its_children_fail(self) -> None:
        top, (middle, _) = self.family(
            {"state": State.WAITING_CHILDREN, "on_failure": "ignore", "children_left": 2},
            {"state": State.WAITING_CHILDREN},
            parent=State.WAITING_CHILDREN,
            children_left=2,
        )
        children = [job_in(State.WAITING, parent=middle) for _ in range(2)]
        for child in children:
            interventions.cancel([child.pk], "enough")
        assert self.states(top, middle) == ["waiting_children", "failed"]

    def test_the_children_of_a_cancelled_parent_go_on(self) -> None:
        parent, (child,) = self.family({"state": State.WAITING}, parent=State.WAITING_CHILDREN, children_left=1)
        interventions.cancel([parent.pk], "enough")
        ledger.finish([ended(claim_one())])
        assert self.states(parent, child) == ["cancelled", "completed"]


def test_an_act_rings_only_after_the_commit(bells: Any, django_capture_on_commit_callbacks: Any) -> None:
    job = job_in(State.FAILED)
    with django_capture_on_commit_callbacks(execute=False) as callbacks:
        interventions.retry([job.pk])
    assert bells.llen("default") == 0
    (bell,) = callbacks
    bell()
    assert wakeups.client().llen("default") == 1
