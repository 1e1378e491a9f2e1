"""Tasks for flows in tests, and what one asks of their jobs."""

from __future__ import annotations

from typing import Any

from celery.result import AsyncResult

from focusjobs.jobs import NewJob, WaitForChildren, children_of_job, ledger, task
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.models import Job

from .conftest import Claim, ended

ran: list[str] = []
"""What ran, in order; emptied by each test."""


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
