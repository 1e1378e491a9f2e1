"""The console: the ledger in the Django admin, to look at and to act on."""

from . import error_group, job, operation, overview, person, queue, results, schedule, worker

__all__ = ["error_group", "job", "operation", "overview", "person", "queue", "results", "schedule", "worker"]
