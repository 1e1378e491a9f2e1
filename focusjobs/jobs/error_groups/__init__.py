"""Failures that are one mistake: counted by housekeeping, looked at and sorted by people.

Where jobs end, an attempt is only given the number of its group (`focusjobs.jobs.domain.fingerprint`), so that counting
locks nothing there; within half a second `fold` adds it up.
"""

from .folding import USERS_CAP, fold, forget_old, open_again
from .looking import Growing, Hour, find, growing, samples, sparkline
from .triage import annotate, assign, fix, ignore, reopen

__all__ = [
    "USERS_CAP",
    "Growing",
    "Hour",
    "annotate",
    "assign",
    "find",
    "fix",
    "fold",
    "forget_old",
    "growing",
    "ignore",
    "open_again",
    "reopen",
    "samples",
    "sparkline",
]
