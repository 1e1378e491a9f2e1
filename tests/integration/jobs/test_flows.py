"""Flows: parents run when their children have ended, and a child's failure means what its policy says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import redis
from celery.result import AsyncResult
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone
from django_celery_results.models import TaskResult

from focusjobs.jobs import (
    ChildResult,
    Flow,
    InvalidJob,
    NewJob,
    WaitForChildren,
    children_of_job,
    current_job,
    interventions,
    ledger,
    queues,
    task,
)
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.errors import UnknownQueue
from focusjobs.jobs.flows import MAX_DEPTH
from focusjobs.jobs.models import Attempt, Job
from tests import tasks

from .conftest import Claim, claim, ended
from .drains import at_once, drain, state, states

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pulse", "bells")]

committed = pytest.mark.django_db(transaction=True)

ran: list[str] = []


@pytest.fixture(autouse=True)
def fresh_list() -> Iterator[None]:
    yield
    ran.clear()


@task(name="tests.member", attempts=1)
def member(*, name: str, fail: bool = False) -> str:
    """Note the run; fail where told so."""
    ran.append(name)
    if fail:
        raise RuntimeError(f"{name} failed")
    return name


@task(name="tests.collect", attempts=1)
def collect(*, name: str = "parent") -> list[Any]:
    """Give what the children gave."""
    ran.append(name)
    return [[child.state, child.value] for child in children_of_job()]


@task(name="tests.spread", attempts=1)
def spread(*, pages: int) -> list[Any]:
    """Add a child for each page at the first run, give what they gave at the second."""
    ran.append("spread")
    found = [child.value for child in children_of_job()]
    if len(found) < pages:
        raise WaitForChildren([member.job(name=f"page {page}") for page in range(pages)])
    return found


def child(name: str, *, fail: bool = False, **options: Any) -> NewJob:
    return member.using(**options).job(name=name, fail=fail)


def result(number: int) -> Any:
    return AsyncResult(Job.objects.get(pk=number).task_id).get(timeout=1)


def numbers_of(parent: int) -> list[int]:
    return list(Job.objects.filter(parent_id=parent).order_by("pk").values_list("pk", flat=True))


def error_of(number: int) -> str:
    return Job.objects.get(pk=number).error


def end(held: Claim, state: State = State.COMPLETED, error: str = "") -> None:
    assert ledger.finish([ended(held, state, error=error)]) == {held.id}


# --- Order and results -----------------------------------------------------------------------------------------------


def test_a_parent_runs_after_its_children_and_reads_what_they_gave() -> None:
    top = Flow(collect.job(), [child("a"), child("b")])
    made = top.enqueue()
    assert state(made.id) == "waiting_children"
    drain()
    assert ran == ["a", "b", "parent"]
    assert result(made.id) == [["completed", "a"], ["completed", "b"]]


def test_a_flow_runs_from_the_bottom_up_at_any_depth() -> None:
    flow = Flow(collect.job(name="0"), [child("leaf")])
    for level in range(1, 10):
        flow = Flow(collect.job(name=str(level)), [flow])
    made = flow.enqueue()
    drain()
    assert ran == ["leaf", *map(str, range(10))]
    assert state(made.id) == "completed"


def test_the_levels_and_branches_of_a_tree_wait_for_their_own_children_only() -> None:
    made = Flow(
        collect.job(name="top"),
        [Flow(collect.job(name="left"), [child("a"), child("b")]), Flow(collect.job(name="right"), [child("c")])],
    ).enqueue()
    drain()
    assert ran.index("left") > max(ran.index("a"), ran.index("b"))
    assert ran.index("right") > ran.index("c")
    assert ran[-1] == "top"
    assert result(made.id) == [
        ["completed", [["completed", "a"], ["completed", "b"]]],
        ["completed", [["completed", "c"]]],
    ]


def test_a_parent_without_children_runs_at_once() -> None:
    made = Flow(collect.job()).enqueue()
    drain()
    assert (state(made.id), result(made.id)) == ("completed", [])


def test_children_may_be_in_other_queues_than_their_parent() -> None:
    made = Flow(collect.job(), [child("a", queue="imports"), child("b", queue="statistics")]).enqueue()
    drain("default")
    assert state(made.id) == "waiting_children"
    drain("imports", "statistics")
    drain("default")
    assert state(made.id) == "completed"


@committed
def test_whoever_frees_a_parent_in_another_queue_rings_for_it(bells: redis.Redis) -> None:
    Flow(collect.using(queue="imports").job(), [child("a")]).enqueue()
    bells.flushdb()
    drain("default")
    assert bells.llen("imports") == 1


def test_children_with_priorities_and_delays_keep_them() -> None:
    made = Flow(
        collect.job(), [child("late", run_after=timedelta(hours=1)), child("low", priority=5), child("high")]
    ).enqueue()
    drain()
    assert ran == ["high", "low"]
    assert state(made.id) == "waiting_children"
    Job.objects.filter(state="delayed").update(run_at=timezone.now() - timedelta(minutes=1))
    ledger.promote()
    drain()
    assert ran == ["high", "low", "late", "parent"]


def test_a_parent_with_a_delay_waits_for_its_time_too() -> None:
    made = Flow(collect.using(run_after=timedelta(hours=1)).job(), [child("a")]).enqueue()
    assert state(made.id) == "waiting_children"
    drain()
    assert state(made.id) == "delayed"
    Job.objects.update(run_at=timezone.now() - timedelta(minutes=1))
    ledger.promote()
    drain()
    assert state(made.id) == "completed"


def test_a_parent_whose_time_is_over_when_its_children_end_runs_at_once() -> None:
    made = Flow(collect.using(run_after=timedelta(hours=1)).job(), [child("a")]).enqueue()
    Job.objects.update(run_at=timezone.now() - timedelta(minutes=1))
    drain()
    assert state(made.id) == "completed"


def test_the_parent_of_a_paused_queue_becomes_due_and_runs_after_the_pause() -> None:
    made = Flow(collect.using(queue="imports").job(), [child("a")]).enqueue()
    queues.pause("imports", by="somebody")
    drain("default", "imports")
    assert state(made.id) == "waiting"
    queues.resume("imports")
    drain("imports")
    assert state(made.id) == "completed"


def test_thousands_of_children_free_their_parent() -> None:
    made = Flow(collect.job(), [child(str(number)) for number in range(2_000)]).enqueue()
    while Job.objects.filter(parent_id=made.id, state="waiting").exists():
        ledger.finish([ended(held) for held in claim(500)])
    assert (state(made.id), Job.objects.get(pk=made.id).children_left) == ("waiting", 0)


def test_a_retrying_child_keeps_its_parent_waiting() -> None:
    made = Flow(collect.job(), [tasks.fail_first.job(times=1)]).enqueue()
    (held,) = claim()
    ledger.finish([ended(held, State.DELAYED, outcome="failed", delay=timedelta(hours=1))])
    assert state(made.id) == "waiting_children"


def test_a_stalled_child_keeps_its_parent_waiting_and_one_that_stalls_too_often_fails_it() -> None:
    made = Flow(collect.job(), [child("a")]).enqueue()
    for _ in range(3):
        claim(lease=timedelta(seconds=-1))
        ledger.reap()
        assert state(made.id) == "waiting_children"
    claim(lease=timedelta(seconds=-1))
    ledger.reap()
    assert state(made.id) == "failed"


# --- In the caller's transaction -------------------------------------------------------------------------------------


@committed
def test_a_flow_vanishes_with_its_callers_transaction() -> None:
    with transaction.atomic():
        Flow(collect.job(), [child("a"), Flow(collect.job(), [child("b")])]).enqueue()
        transaction.set_rollback(True)
    assert Job.objects.count() == 0


@committed
def test_a_flow_with_one_impossible_member_is_not_written_at_all() -> None:
    with pytest.raises(UnknownQueue):
        Flow(collect.job(), [child("a"), Flow(collect.job(), [child("b", queue="mail")])]).enqueue()
    assert Job.objects.count() == 0


@committed
def test_no_child_can_end_before_its_parent_is_there(elsewhere: Callable[[Callable[[], Any]], Any]) -> None:
    with transaction.atomic():
        Flow(collect.job(), [child("a")]).enqueue()
        assert elsewhere(claim) == []


@pytest.mark.parametrize("options", [{"unique_key": "k"}, {"unique_key": "k", "debounce": timedelta(1)}])
def test_a_member_with_a_unique_key_is_refused_at_every_place(options: dict[str, Any]) -> None:
    keyed = child("a", **options)
    for flow in (Flow(keyed), Flow(collect.job(), [keyed]), Flow(collect.job(), [Flow(keyed, [child("b")])])):
        with pytest.raises(InvalidJob, match="cannot have a unique_key"):
            flow.enqueue()
    assert Job.objects.count() == 0


def test_a_flow_may_have_a_hundred_levels_and_no_more() -> None:
    flow = Flow(collect.job())
    for _ in range(MAX_DEPTH - 1):
        flow = Flow(collect.job(), [flow])
    flow.enqueue()
    with pytest.raises(InvalidJob, match="at most 100 levels"):
        Flow(collect.job(), [flow]).enqueue()
    assert Job.objects.count() == MAX_DEPTH


def test_a_failure_at_the_bottom_of_the_deepest_flow_reaches_its_top() -> None:
    flow = Flow(collect.job(), [child("a", fail=True)])
    for _ in range(MAX_DEPTH - 2):
        flow = Flow(collect.job(), [flow])
    made = flow.enqueue()
    drain()
    assert state(made.id) == "failed"
    assert Job.objects.filter(state="failed").count() == MAX_DEPTH


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


# --- Children added at run time --------------------------------------------------------------------------------------


def test_a_task_may_add_children_and_run_again_when_they_have_ended() -> None:
    made = spread.enqueue(pages=3)
    drain()
    assert ran == ["spread", "page 0", "page 1", "page 2", "spread"]
    assert result(made.id) == ["page 0", "page 1", "page 2"]
    job = Job.objects.get(pk=made.id)
    assert (job.state, job.attempt) == ("completed", 1)
    assert [(row.number, row.outcome) for row in Attempt.objects.filter(job=job)] == [(1, "children")]


def test_a_child_added_at_run_time_fails_its_parent_as_any_other() -> None:
    made = spread.enqueue(pages=2)
    (held,) = claim()
    ledger.finish([ended(held, State.WAITING_CHILDREN, refund=1, children=[child("a"), child("b")])])
    end(claim()[0], State.FAILED, error="no")
    assert state(made.id) == "failed"


def test_a_task_that_adds_no_children_runs_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def once(pages: int) -> None:
        ran.append("run")
        if len(ran) == 1:
            raise WaitForChildren([])

    monkeypatch.setattr(spread, "run", once)
    made = spread.enqueue(pages=0)
    drain()
    assert (ran, state(made.id)) == (["run", "run"], "completed")


def test_children_come_with_the_attempt_that_adds_them_or_not_at_all() -> None:
    """A worker that lost its lease adds nothing."""
    spread.enqueue(pages=1)
    (late,) = claim(lease=timedelta(seconds=-1))
    ledger.reap()
    assert ledger.finish([ended(late, State.WAITING_CHILDREN, refund=1, children=[child("a")])]) == set()
    assert Job.objects.count() == 1


@pytest.mark.parametrize("options", [{"unique_key": "k"}, {"queue": "mail"}])
def test_an_impossible_child_fails_the_attempt_and_no_other_job(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def impossible(pages: int) -> None:
        raise WaitForChildren([child("a", **options)])

    monkeypatch.setattr(spread, "run", impossible)
    made = spread.enqueue(pages=1)
    others = tasks.add.enqueue_many({"x": number, "y": 0} for number in range(5))
    drain()
    assert state(made.id) == "failed"
    assert error_of(made.id).startswith(("InvalidJob", "UnknownQueue"))
    assert set(states([other.id for other in others])) == {"completed"}


def test_a_task_may_start_a_flow_of_its_own() -> None:
    def start(pages: int) -> None:
        Flow(collect.job(name="inner"), [child("a")]).enqueue()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spread, "run", start)
        spread.enqueue(pages=0)
        drain()
    assert ran == ["a", "inner"]


# --- Atomic members --------------------------------------------------------------------------------------------------


def test_an_atomic_child_completes_and_frees_its_parent_together() -> None:
    made = Flow(collect.job(), [tasks.make_group.job(name="g"), tasks.make_group.job(name="h")]).enqueue()
    drain()
    assert (state(made.id), Group.objects.count()) == ("completed", 2)


def test_an_atomic_parent_runs_after_its_children() -> None:
    made = Flow(tasks.make_group.job(name="top"), [child("a")]).enqueue()
    drain()
    assert (state(made.id), ran, Group.objects.get().name) == ("completed", ["a"], "top")


def test_what_a_failed_atomic_child_did_is_rolled_back_and_its_parent_fails() -> None:
    made = Flow(collect.job(), [tasks.make_group.using(attempts=1).job(name="g", fail=True)]).enqueue()
    drain()
    assert (state(made.id), Group.objects.count()) == ("failed", 0)


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
