"""Which weeks and months that are over wait for the job that sums them up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import reduce
from operator import or_

from analytics.domain.periods import Period
from focusjobs.jobs.domain.lifecycle import UNFINISHED
from focusjobs.jobs.looking.query import matching
from focusjobs.jobs.looking.selectors import OF_STATE

JOBS = {"weeks": "analytics.sum_up_weeks", "months": "analytics.sum_up_months"}
"""The tasks of `analytics.tasks` that sum periods up, by the argument that lists them."""

STILL_TO_RUN = reduce(or_, (OF_STATE[state] for state in UNFINISHED))


def periods_that_wait(user_id: int, using: str = "default") -> list[Period]:
    """Give the weeks and months of a person whose job has not ended. One that has failed waits no more.

    Indexes: job_ready of the queue, and those of the other states of jobs that have not ended.
    """
    return [period for name, task in JOBS.items() for period in _of_jobs(name, task, user_id, using)]


def _of_jobs(name: str, task: str, user_id: int, using: str) -> Iterator[Period]:
    jobs = matching(f"queue:statistics task:{task}").using(using).filter(STILL_TO_RUN)
    jobs = jobs.filter(**{f"arguments__{name}__contains": [[user_id]]})
    for arguments in jobs.values_list("arguments", flat=True):
        for user, first, last in arguments[name]:
            if user == user_id:
                yield Period(date.fromisoformat(first), date.fromisoformat(last))
