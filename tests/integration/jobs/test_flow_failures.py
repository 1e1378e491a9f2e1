"""Flows: a child's failure means what its policy says, a retry mends it, and no end is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone
from django_celery_results.models import TaskResult

from focusjobs.jobs import ChildResult, Flow, InvalidJob, children_of_job, current_job, interventions, ledger
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.models import Job
from tests.threads import at_once

from .conftest import Claim, claim, ended
from .drains import drain, state, states
from .families import child, collect, end, error_of, numbers_of, ran, result

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pulse", "bells")]

committed = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_list() -> Iterator[None]:
    yield
    ran.clear()


# --- Failure policies ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [State.FAILED, State.CANCELLED])
def test_a_child_that_ends_badly_fails_its_parent_which_says_why(how: State) -> None:
    made = Flow(collect.job(), [child("a"), child("b")]).enqueue()
    (held,) = claim()
    end(held, how, error="no")
    parent = Job.objects.get(pk=made.id)
    assert (parent.state, parent.attempt) == ("failed", 0)
    assert parent.error == f"Its child tests.member #{held.id} {how}: no"
    stored = TaskResult.objects.get(task_id=made.task_id)
    told = json.loads(stored.result)
    assert (stored.status, told["exc_type"], told["exc_message"]) == ("FAILURE", "ChildFailed", [parent.error])


def test_the_other_children_of_a_failed_parent_go_on() -> None:
    made = Flow(collect.job(), [child("a", fail=True), child("b")]).enqueue()
    drain()
    assert ran == ["a", "b"]
    assert states(numbers_of(made.id)) == ["failed", "completed"]
    assert state(made.id) == "failed"


def test_two_failing_children_fail_their_parent_once() -> None:
    made = Flow(collect.job(), [child("a"), child("b")]).enqueue()
    first, second = claim(2)
    ledger.finish([ended(first, State.FAILED, error="first"), ended(second, State.FAILED, error="second")])
    assert state(made.id) == "failed"
    assert TaskResult.objects.filter(task_id=made.task_id).count() == 1


def test_an_ignored_failure_lets_the_parent_run_when_all_have_ended() -> None:
    made = Flow(collect.job(), [child("a", fail=True, on_failure="ignore"), child("b")]).enqueue()
    (held,) = claim()
    end(held, State.FAILED)
    assert state(made.id) == "waiting_children"
    drain()
    assert [kind for kind, _ in result(made.id)] == ["failed", "completed"]


def test_a_parent_reads_the_errors_of_ignored_children() -> None:
    made = Flow(collect.job(), [child("a", fail=True, on_failure="ignore")]).enqueue()
    drain()
    (told,) = children_of_job(made.id)
    assert told == ChildResult(
        id=told.id,
        task="tests.member",
        arguments={"name": "a", "fail": True},
        state=State.FAILED,
        value=None,
        error="RuntimeError: a failed",
    )


def test_a_parent_runs_at_once_when_a_child_with_continue_fails_and_only_once() -> None:
    made = Flow(collect.job(), [child("a", on_failure="continue"), child("b")]).enqueue()
    first, second = claim(2)
    end(first, State.FAILED)
    assert state(made.id) == "waiting"
    (parent,) = claim()
    assert parent.id == made.id
    end(second)
    assert state(made.id) == "active"
    end(parent)
    assert (state(made.id), claim(10)) == ("completed", [])


def test_a_late_failure_does_not_touch_a_parent_that_has_ended_or_runs() -> None:
    made = Flow(collect.job(), [child("a", on_failure="continue"), child("b"), child("c")]).enqueue()
    first, second, third = claim(3)
    end(first, State.FAILED)
    (parent,) = claim()
    end(second, State.FAILED)
    assert state(made.id) == "active"
    end(parent)
    end(third, State.FAILED)
    assert (state(made.id), error_of(made.id)) == ("completed", "")


def test_a_late_end_does_not_start_a_parent_early_that_waits_for_its_backoff() -> None:
    made = Flow(collect.job(), [child("a", on_failure="continue"), child("b")]).enqueue()
    first, second = claim(2)
    end(first, State.FAILED)
    (parent,) = claim()
    ledger.finish([ended(parent, State.DELAYED, outcome="failed", delay=timedelta(hours=1))])
    end(second)
    assert (state(made.id), Job.objects.get(pk=made.id).children_left) == ("delayed", 0)


POLICIES = ["fail", "ignore", "continue"]
TOP = {"fail": "failed", "ignore": "completed", "continue": "completed"}


@pytest.mark.parametrize("upper", POLICIES)
@pytest.mark.parametrize("lower", POLICIES)
def test_a_failure_goes_upwards_as_far_as_the_policies_say(lower: str, upper: str) -> None:
    middle = Flow(collect.using(on_failure=upper).job(name="middle"), [child("a", fail=True, on_failure=lower)])
    made = Flow(collect.job(name="top"), [middle]).enqueue()
    drain()
    (between,) = numbers_of(made.id)
    assert state(between) == TOP[lower]
    assert state(made.id) == ("failed" if (lower, upper) == ("fail", "fail") else "completed")


@pytest.mark.parametrize(
    ("policies", "after_one", "after_two"),
    [
        (("ignore", "continue"), "waiting_children", "waiting"),
        (("continue", "ignore"), "waiting", "waiting"),
        (("ignore", "fail"), "waiting_children", "failed"),
        (("fail", "continue"), "failed", "failed"),
        (("ignore", "ignore"), "waiting_children", "waiting"),
    ],
)
def test_two_failing_children_with_different_policies(
    policies: tuple[Any, Any], after_one: str, after_two: str
) -> None:
    made = Flow(collect.job(), [child(policy, on_failure=policy) for policy in policies]).enqueue()
    first, second = claim(2)
    end(first, State.FAILED)
    assert state(made.id) == after_one
    end(second, State.FAILED)
    assert state(made.id) == after_two


def test_a_child_cancelled_by_an_operator_counts_as_failed_and_by_its_policy() -> None:
    made = Flow(collect.job(), [child("a", on_failure="ignore"), child("b")]).enqueue()
    first, second = numbers_of(made.id)
    interventions.cancel([first], "not wanted")
    assert state(made.id) == "waiting_children"
    interventions.cancel([second], "not wanted")
    assert (state(made.id), error_of(made.id)) == ("failed", f"Its child tests.member #{second} cancelled: not wanted")


def test_a_child_that_expires_counts_as_cancelled() -> None:
    made = Flow(collect.job(), [child("a", expires_at=timezone.now() - timedelta(seconds=1))]).enqueue()
    drain()
    assert (ran, state(made.id)) == ([], "failed")


def test_the_children_of_a_cancelled_parent_go_on_and_do_not_revive_it() -> None:
    made = Flow(collect.job(), [child("a")]).enqueue()
    interventions.cancel([made.id], "not wanted")
    drain()
    assert (ran, state(made.id)) == (["a"], "cancelled")


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(InvalidJob, match="on_failure"):
        child("a", on_failure="explode")


# --- Retry by hand ---------------------------------------------------------------------------------------------------


def test_a_retried_child_brings_back_the_parent_that_failed_because_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Flow(collect.job(), [child("a", fail=True), child("b")]).enqueue()
    drain()
    first, _ = numbers_of(made.id)
    Job.objects.filter(pk=first).update(arguments={"name": "a", "fail": False})
    assert interventions.retry([first]) == {first}
    assert state(made.id) == "waiting_children"
    drain()
    assert state(made.id) == "completed"
    assert result(made.id) == [["completed", "a"], ["completed", "b"]]


def test_a_retried_child_brings_back_its_grandparents_too() -> None:
    middle = Flow(collect.job(name="middle"), [child("a", fail=True)])
    made = Flow(collect.job(name="top"), [middle]).enqueue()
    drain()
    assert state(made.id) == "failed"
    lowest = Job.objects.get(task="tests.member")
    Job.objects.filter(pk=lowest.pk).update(arguments={"name": "a"})
    interventions.retry([lowest.pk])
    drain()
    assert ran == ["a", "a", "middle", "top"]
    assert state(made.id) == "completed"


def test_a_parent_comes_back_only_when_all_children_that_failed_it_are_retried() -> None:
    made = Flow(collect.job(), [child("a"), child("b")]).enqueue()
    first, second = claim(2)
    end(first, State.FAILED)
    end(second, State.FAILED)
    interventions.retry([first.id])
    assert state(made.id) == "failed"
    interventions.retry([second.id])
    assert state(made.id) == "waiting_children"
    drain()
    assert (ran, state(made.id)) == (["a", "b", "parent"], "completed")


def test_a_retried_parent_takes_its_failed_children_along() -> None:
    made = Flow(collect.job(), [child("a", fail=True), child("b")]).enqueue()
    drain()
    Job.objects.filter(task="tests.member").update(arguments={"name": "a"})
    assert interventions.retry([made.id]) == {made.id, numbers_of(made.id)[0]}
    assert state(made.id) == "waiting_children"
    drain()
    assert state(made.id) == "completed"


def test_a_retried_ignored_child_is_linked_to_its_parent_again_while_that_waits() -> None:
    made = Flow(collect.job(), [child("a", on_failure="ignore"), child("b")]).enqueue()
    first, second = claim(2)
    end(first, State.FAILED)
    interventions.retry([first.id])
    end(second)
    assert state(made.id) == "waiting_children"
    drain()
    assert state(made.id) == "completed"


def test_a_child_that_is_retried_after_its_parent_completed_leaves_it_alone() -> None:
    made = Flow(collect.job(), [child("a", fail=True, on_failure="ignore")]).enqueue()
    drain()
    assert state(made.id) == "completed"
    interventions.retry(numbers_of(made.id))
    drain()
    assert (state(made.id), ran) == ("completed", ["a", "parent", "a"])


def test_a_child_that_fails_again_after_its_retry_fails_its_parent_again() -> None:
    made = Flow(collect.job(), [child("a", fail=True)]).enqueue()
    drain()
    for _ in range(3):
        interventions.retry(numbers_of(made.id))
        assert state(made.id) == "waiting_children"
        drain()
        assert state(made.id) == "failed"


# --- Ends at the same moment -----------------------------------------------------------------------------------------


@committed
def test_siblings_that_end_at_once_on_several_connections_are_all_counted() -> None:
    made = Flow(collect.job(), [child(str(number)) for number in range(40)]).enqueue()
    held = claim(40)
    at_once(*[partial(_end_each, held[start::4]) for start in range(4)])
    parent = Job.objects.get(pk=made.id)
    assert (parent.state, parent.children_left) == ("waiting", 0)
    assert [job.id for job in claim(10)] == [made.id]


def _end_each(held: list[Claim]) -> None:
    for one in held:
        end(one)


@committed
def test_the_last_two_siblings_free_their_parent_once() -> None:
    for _ in range(10):
        made = Flow(collect.job(), [child("a"), child("b")]).enqueue()
        first, second = claim(2)
        at_once(partial(end, first), partial(end, second))
        (parent,) = claim(10)
        assert parent.id == made.id
        end(parent)


@committed
def test_groups_of_siblings_of_several_parents_that_end_at_once_do_not_block_each_other() -> None:
    flows = [Flow(collect.job(), [child("a"), child("b")]).enqueue() for _ in range(10)]
    held = sorted(claim(20), key=lambda one: one.id)
    first, second = held[::2], list(reversed(held[1::2]))
    done = at_once(
        lambda: ledger.finish([ended(one) for one in first]), lambda: ledger.finish([ended(one) for one in second])
    )
    assert [len(kept) for kept in done] == [10, 10]
    assert set(states([flow.id for flow in flows])) == {"waiting"}


@committed
def test_a_failing_and_a_completing_sibling_at_once_leave_the_parent_failed_and_counted() -> None:
    made = Flow(collect.job(), [child("a"), child("b")]).enqueue()
    first, second = claim(2)
    at_once(partial(end, first, State.FAILED), partial(end, second))
    assert state(made.id) == "failed"
    interventions.retry([first.id])
    assert state(made.id) == "waiting_children"
    end(claim()[0])
    assert state(made.id) == "waiting"


def test_outside_of_a_job_there_are_no_children() -> None:
    assert list(children_of_job()) == []
    assert current_job().job_id is None
