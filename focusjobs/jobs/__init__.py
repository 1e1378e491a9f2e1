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
from .definition import Call, Task, task
from .domain.backoff import Exponential, Fixed
from .domain.job import EnqueuedJob
from .errors import Cancel, InvalidJob, JobError, Snooze

__all__ = [
    "Call",
    "Cancel",
    "EnqueuedJob",
    "Exponential",
    "Fixed",
    "InvalidJob",
    "JobContext",
    "JobError",
    "Snooze",
    "Task",
    "current_job",
    "task",
]
