"""What can go wrong with a job, and the signals by which a task steers its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings

from .domain.job import FARTHEST, NewJob


class JobError(Exception):
    """Base of the job layer's errors. Do not raise it directly."""


class InvalidTask(JobError, TypeError):
    """A task's declaration cannot work."""


class InvalidJob(JobError, ValueError):
    """A job was refused where it was enqueued. Base of the reasons below; also raised for options that clash."""


class InvalidArguments(InvalidJob):
    """The arguments do not fit the task's signature."""


class NotJSON(InvalidJob):
    """An argument is of a type that JSON cannot hold."""


class PayloadTooLarge(InvalidJob):
    """The arguments take more than `MAX_PAYLOAD` bytes as JSON."""


class UnknownQueue(InvalidJob):
    """The queue is not one of `JOBS_QUEUES`, so that no worker would ever take the job."""

    def __init__(self, queue: str) -> None:
        super().__init__(f"There is no queue “{queue}”; JOBS_QUEUES has {', '.join(settings.JOBS_QUEUES)}.")


class DuplicateKey(InvalidJob):
    """One call of `enqueue_many` holds the same `unique_key` twice."""


class JobTimeout(JobError):
    """Raised inside a task that has run for longer than its timeout."""


class ChildFailed(JobError):
    """A job failed because a child did, in a flow."""


class UnknownTask(InvalidJob):
    """The worker that took the job has no task of its name."""


class UnknownJob(JobError, LookupError):
    """The ledger has no such job, or no longer."""


class LeaseLost(JobError):
    """Another worker holds the job by now: what this attempt did in the database is rolled back."""


class QueryError(JobError, ValueError):
    """A filter for jobs is not understood; the message is a sentence for whoever wrote it."""


class OperationRefused(JobError, ValueError):
    """What an operator asked for cannot be done; the message is a sentence that says why."""


class Signal(Exception):
    """Base of the exceptions by which a task steers its job. Do not raise it directly."""


class Cancel(Signal):
    """End the job now, as cancelled: `raise Cancel("the device is gone")`. No further attempt is made."""


class Snooze(Signal):
    """Put the job off: `raise Snooze(timedelta(minutes=5))`. It costs no attempt."""

    def __init__(self, delay: timedelta, reason: str = "") -> None:
        if not timedelta(0) <= delay <= FARTHEST:
            raise ValueError(f"A job cannot be put off by {delay}.")
        super().__init__(reason or f"put off for {delay}")
        self.delay = delay


class WaitForChildren(Signal):
    """Add children to the job and run it again when they have ended; it costs no attempt.

    `raise WaitForChildren([fetch.job(page=2), fetch.job(page=3)])`; `children_of_job` tells what became of them.
    Raises `UnknownQueue`, and `InvalidJob` for a child with a `unique_key`, which could be somebody else's job.
    """

    def __init__(self, children: Sequence[NewJob]) -> None:
        for child in children:
            if child.unique_key is not None:
                raise InvalidJob(f"{child.task}: a member of a flow cannot have a unique_key.")
            if child.queue not in settings.JOBS_QUEUES:
                raise UnknownQueue(child.queue)
        super().__init__(f"waits for {len(children)} children")
        self.children = tuple(children)
