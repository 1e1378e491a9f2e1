"""The console: the ledger in the Django admin, to look at and to act on."""

from . import job, results, schedule

__all__ = ["job", "results", "schedule"]
