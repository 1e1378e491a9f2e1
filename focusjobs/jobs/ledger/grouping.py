"""Names the groups of errors that jobs are put into, without looking anything up where jobs end.

A group's number is made of what it stands for; so only who meets a group for the first time, or after a while, writes
it down. How often it is met is counted later, by housekeeping.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import partial

from django.conf import settings
from django.db import transaction

from focusjobs.sql import columns, rows

from ..domain.fingerprint import Mistake
from .statements.grouping import INTRODUCE, PUT_INTO_GROUPS

REMEMBERED = 3600.0
"""Seconds after which a process writes a group down again, in case that it was forgotten."""

MOST = 10_000
"""Groups that a process remembers."""

_known: dict[int, float] = {}
"""When each group was written down by this process, on the monotonic clock."""


def introduce(mistakes: Iterable[Mistake]) -> None:
    """Write groups down that this process has not met of late, in the current transaction."""
    now = time.monotonic()
    new = {it.fingerprint: it for it in mistakes if now - _known.get(it.fingerprint, -REMEMBERED) >= REMEMBERED}
    if new:
        told = columns(
            new.items(), lambda item: (item[0], item[1].task, item[1].exception, item[1].message, item[1].frame)
        )
        rows(INTRODUCE, [settings.RELEASE, settings.RELEASE, *told])
        transaction.on_commit(partial(_remember, new, now))


def put_into_groups(mistakes: dict[int, Mistake]) -> None:
    """Put jobs that failed into groups, by their numbers, where no attempt of theirs ended to do so."""
    if mistakes:
        introduce(mistakes.values())
        found = columns(mistakes.items(), lambda item: (item[0], item[1].fingerprint))
        rows(PUT_INTO_GROUPS, [*found, settings.RELEASE])


def _remember(fingerprints: Iterable[int], now: float) -> None:
    if len(_known) > MOST:
        _known.clear()
    _known.update(dict.fromkeys(fingerprints, now))
