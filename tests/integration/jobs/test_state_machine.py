"""Random lives of jobs against a model of a few lines: each job ends once, and nothing moves that may not."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from focusjobs.jobs import interventions, ledger
from focusjobs.jobs.domain.lifecycle import FINISHED, MOVES, State
from focusjobs.jobs.ledger.housekeeping import MAX_STALLS
from focusjobs.jobs.ledger.results import Failure
from focusjobs.jobs.models import Attempt, Job
from tests import tasks
from tests.thoroughness import draws

from .conftest import LEASE, ended

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]

HOUR = timedelta(hours=1)
ENDS = {
    "complete": State.COMPLETED,
    "fail": State.FAILED,
    "cancel": State.CANCELLED,
    "snooze": State.DELAYED,
    "try again": State.WAITING,
}


@dataclass
class Model:
    """What is expected of a job."""

    state: State
    attempts: int
    attempt: int = 0
    last: int = 0
    stalls: int = 0
    claim: ledger.Claim | None = None
    seen: list[State] = field(default_factory=list)

    def move(self, state: State, **changes: Any) -> None:
        self.state, self.claim = state, None
        self.seen.append(state)
        for name, value in changes.items():
            setattr(self, name, value)

    def start(self, claim: ledger.Claim) -> None:
        self.move(State.ACTIVE, attempt=self.attempt + 1, claim=claim)


class Life(RuleBasedStateMachine):
    """Workers that claim, end, crash and come late; operators; housekeeping; and a model beside them."""

    held: Bundle[ledger.Claim] = Bundle("held")
    stale: Bundle[ledger.Claim] = Bundle("stale")

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[int, Model] = {}
        self.rows: dict[int, Job] = {}

    @initialize()
    def begin(self) -> None:
        Job.objects.all().delete()

    # --- Life ----------------------------------------------------------------------------------------------------

    @rule(attempts=st.integers(1, 3), later=st.booleans())
    def enqueue(self, attempts: int, later: bool) -> None:
        made = tasks.add.using(attempts=attempts, run_after=HOUR if later else None).enqueue(x=1, y=2)
        state = State.DELAYED if later else State.WAITING
        self.jobs[made.id] = Model(state, attempts, last=attempts, seen=[state])

    @rule(target=held, limit=st.integers(1, 3))
    def claim(self, limit: int) -> Any:
        claims = ledger.claim("default", limit, "w", LEASE)
        waiting = [number for number, job in self.jobs.items() if job.state == State.WAITING]
        assert [one.id for one in claims] == sorted(waiting)[:limit]
        for one in claims:
            self.jobs[one.id].start(one)
        return multiple(*claims)

    @rule(claim=consumes(held), how=st.sampled_from(sorted(ENDS)), target=stale)
    def finish(self, claim: ledger.Claim, how: str) -> ledger.Claim:
        job, state = self.jobs[claim.id], ENDS[how]
        if how == "try again" and claim.attempt >= claim.max_attempts:
            state = State.FAILED
        report = ended(claim, state, refund=int(how == "snooze"), delay=HOUR, failure=Failure("E", "m", "no"))
        holds = job.claim == claim
        assert ledger.finish([report]) == ({claim.id} if holds else set())
        if holds:
            job.move(state, attempt=job.attempt - report.refund)
        return claim

    @rule(claim=consumes(held), target=stale)
    def give_back(self, claim: ledger.Claim) -> ledger.Claim:
        job = self.jobs[claim.id]
        ledger.release([claim])
        if job.claim == claim:
            job.move(State.WAITING, attempt=job.attempt - 1)
        return claim

    @rule(claim=held)
    def beat(self, claim: ledger.Claim) -> None:
        assert ledger.extend([(claim, None)], LEASE) == ({claim.id} if self.jobs[claim.id].claim == claim else set())

    # --- Faults --------------------------------------------------------------------------------------------------

    @rule(claim=held)
    def crash(self, claim: ledger.Claim) -> None:
        """The worker vanishes, its lease runs out, and housekeeping finds the job; its late writes are `held` still."""
        job = self.jobs[claim.id]
        if job.claim != claim:
            return
        ledger.extend([(claim, None)], timedelta(seconds=-1))
        ledger.reap()
        if job.stalls >= MAX_STALLS:
            job.move(State.FAILED, stalls=job.stalls + 1)
        else:
            job.move(State.WAITING, stalls=job.stalls + 1, attempt=job.attempt - 1)

    @rule(claim=stale, state=st.sampled_from(FINISHED))
    def come_late(self, claim: ledger.Claim, state: State) -> None:
        assert ledger.finish([ended(claim, state)]) == set()
        assert ledger.extend([(claim, "1")], LEASE) == set()
        ledger.release([claim])

    # --- Operators and housekeeping ------------------------------------------------------------------------------

    @rule()
    def let_delayed_jobs_become_due(self) -> None:
        Job.objects.filter(state=State.DELAYED).update(run_at="2020-01-01T00:00:00Z")
        ledger.promote()
        self._move(list(self.jobs), [State.DELAYED], State.WAITING)

    @rule(data=st.data())
    def promote(self, data: st.DataObject) -> None:
        ids = self._some(data)
        assert interventions.promote(ids) == self._move(ids, [State.DELAYED], State.WAITING)

    @rule(data=st.data(), active=st.booleans())
    def cancel(self, data: st.DataObject, active: bool) -> None:
        ids = self._some(data)
        states = [State.WAITING, State.DELAYED, *([State.ACTIVE] if active else [])]
        assert interventions.cancel(ids, "no", active=active) == self._move(ids, states, State.CANCELLED)

    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        ids = self._some(data)
        retried = self._move(ids, [State.FAILED, State.CANCELLED], State.WAITING, stalls=0)
        for number in retried:
            self.jobs[number].last = self.jobs[number].attempt + self.jobs[number].attempts
        assert interventions.retry(ids) == retried

    def _some(self, data: st.DataObject) -> list[int]:
        return data.draw(st.lists(st.sampled_from(sorted(self.jobs)), max_size=3, unique=True)) if self.jobs else []

    def _move(self, ids: list[int], states: list[State], to: State, **changes: Any) -> set[int]:
        moved = {number for number in ids if self.jobs[number].state in states}
        for number in moved:
            self.jobs[number].move(to, **changes)
        return moved

    # --- What always holds ---------------------------------------------------------------------------------------

    @invariant()
    def the_ledger_is_as_the_model(self) -> None:
        rows = Job.objects.in_bulk()
        told = {number: (row.state, row.attempt, row.max_attempts, row.stalls) for number, row in rows.items()}
        assert told == {number: (job.state, job.attempt, job.last, job.stalls) for number, job in self.jobs.items()}
        for number, before in self.rows.items():
            self._compare(before, rows[number])
        self.rows = rows

    def _compare(self, before: Job, after: Job) -> None:
        assert after.fence >= before.fence
        if after.state != before.state:
            assert after.fence > before.fence or before.state == State.DELAYED
        if before.state in FINISHED and after.state == before.state:
            assert (after.finished_at, after.fence) == (before.finished_at, before.fence)

    @invariant()
    def no_illegal_move_was_made(self) -> None:
        for job in self.jobs.values():
            assert all(to in MOVES[State(was)] for was, to in zip(job.seen, job.seen[1:], strict=False))

    @invariant()
    def attempts_stay_within_their_limit(self) -> None:
        assert all(job.attempt <= job.last for job in self.jobs.values())

    @invariant()
    def only_active_jobs_have_leases_and_only_ended_ones_dates(self) -> None:
        for row in self.rows.values():
            assert (row.state == State.ACTIVE) == (row.leased_until is not None)
            assert (row.state in FINISHED) == (row.finished_at is not None)

    def teardown(self) -> None:
        Attempt.objects.all().delete()
        Job.objects.all().delete()


def test_each_job_ends_once_and_no_illegal_move_is_made() -> None:
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=draws(40), stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
