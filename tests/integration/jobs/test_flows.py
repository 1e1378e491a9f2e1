"""Flows: parents run when their children have ended, in the caller's transaction or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.db import transaction
from django.utils import timezone

from focusjobs.jobs import Flow, InvalidJob, WaitForChildren, ledger
from focusjobs.jobs.declaring.flows import MAX_DEPTH
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.errors import UnknownQueue
from focusjobs.jobs.interventions import queues
from focusjobs.jobs.models import Attempt, Job
from tests import tasks

from .conftest import claim, ended
from .drains import drain, state, states
from .families import child, collect, end, error_of, ran, result, spread
from .rows import made_groups

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pulse", "bells")]

committed = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_list() -> Iterator[None]:
    yield
    ran.clear()


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
    assert (state(made.id), made_groups()) == ("completed", ["g", "h"])


def test_an_atomic_parent_runs_after_its_children() -> None:
    made = Flow(tasks.make_group.job(name="top"), [child("a")]).enqueue()
    drain()
    assert (state(made.id), ran, made_groups()) == ("completed", ["a"], ["top"])


def test_what_a_failed_atomic_child_did_is_rolled_back_and_its_parent_fails() -> None:
    made = Flow(collect.job(), [tasks.make_group.using(attempts=1).job(name="g", fail=True)]).enqueue()
    drain()
    assert (state(made.id), made_groups()) == ("failed", [])
