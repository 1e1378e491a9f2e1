"""The tables of the job layer, a module a subject."""

from .errors import ErrorGroup, ErrorHour, ErrorUser, Uncounted
from .filter import SavedFilter
from .job import Attempt, Job, JobQuerySet, LogLine
from .operation import Operation, OperationJob
from .queue import Limit, Queue, Throttle
from .schedule import Schedule
from .tally import Tally
from .worker import Release, Worker

__all__ = [
    "Attempt",
    "ErrorGroup",
    "ErrorHour",
    "ErrorUser",
    "Job",
    "JobQuerySet",
    "Limit",
    "LogLine",
    "Operation",
    "OperationJob",
    "Queue",
    "Release",
    "SavedFilter",
    "Schedule",
    "Tally",
    "Throttle",
    "Uncounted",
    "Worker",
]
