"""Durable background jobs for Django: the front door.

    from focusjobs.jobs import task

    @task(queue="notifications", attempts=8)
    def send_reminder(*, reminder_id: int) -> None: ...

    with transaction.atomic():
        reminder.save()
        send_reminder.using(run_after=reminder.due_at).enqueue(reminder_id=reminder.pk)

Everything an app needs is here; nothing else of this package is imported from outside.
"""

from .context import JobContext, current_job
from .declaring.call import Call
from .declaring.declarations import schedule
from .declaring.definition import Task, task
from .declaring.flows import Flow, children_of_job
from .declaring.waiting import wait_until_finished
from .domain.backoff import Exponential, Fixed
from .domain.job import ChildResult, EnqueuedJob, NewJob
from .domain.limit import Limit
from .endings import at_process_end
from .errors import Cancel, InvalidJob, JobError, JobTimeout, Snooze, UnknownJob, WaitForChildren

__all__ = [
    "Call",
    "Cancel",
    "ChildResult",
    "EnqueuedJob",
    "Exponential",
    "Fixed",
    "Flow",
    "InvalidJob",
    "JobContext",
    "JobError",
    "JobTimeout",
    "Limit",
    "NewJob",
    "Snooze",
    "Task",
    "UnknownJob",
    "WaitForChildren",
    "at_process_end",
    "children_of_job",
    "current_job",
    "schedule",
    "task",
    "wait_until_finished",
]
