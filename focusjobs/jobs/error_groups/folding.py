"""Counts failures into their groups, a little after they happened, and opens groups again that came back."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction

from focusjobs.sql import rows

from ..domain.releases import is_regression
from ..interventions.retention import policies
from ..ledger.locks import Lock, try_to_hold
from ..models import ErrorGroup, Release
from . import statements

logger = logging.getLogger(__name__)

BATCH = 5_000
"""Attempts that one statement counts, so that none holds its locks for long."""

USERS_CAP = 10_000
"""People of a group that are told apart; beyond, it is “10,000 or more”."""

HOURS_KEPT = timedelta(days=30)
GROUPS_KEPT = timedelta(days=30)
"""How long a group is kept that is met no more, at least, after its last job has gone."""


def fold(rounds: int | None = None) -> int:
    """Count what was noted since the last time, in so many batches at most; answer how many attempts those were."""
    counted = 0
    while rounds is None or rounds > 0:
        number = _fold_batch()
        counted += number
        if number < BATCH:
            break
        rounds = None if rounds is None else rounds - 1
    return counted


@transaction.atomic
def _fold_batch() -> int:
    if not try_to_hold(Lock.ERROR_GROUPS):
        return 0
    met = rows(statements.FOLD, {"limit": BATCH, "cap": USERS_CAP})
    seen_again = [(number, release, began) for _, number, release, began in met if number is not None]
    if seen_again:
        _regress(seen_again)
    taken: int = met[0][0]
    return taken


def _regress(met: list[tuple[int, str, datetime]]) -> None:
    groups = ErrorGroup.objects.in_bulk({number for number, _, _ in met})
    names = {release for _, release, _ in met} | {group.fixed_in for group in groups.values()}
    first_seen = dict(Release.objects.filter(name__in=names).values_list("name", "first_seen"))
    back = {
        number: release
        for number, release, began in met
        if is_regression(release, began, groups[number].fixed_in, groups[number].fixed_at, first_seen)
    }
    if back:
        rows(statements.REGRESS, [list(back), list(back.values())])
        logger.warning("errors came back that were mended", extra={"groups": [groups[it].fingerprint for it in back]})


def open_again() -> None:
    """Open groups again whose time of being ignored is over."""
    rows(statements.OPEN_AGAIN, [])


def forget_old() -> None:
    """Forget hours and groups that are too old to matter."""
    rows(statements.DELETE_OLD_HOURS, [HOURS_KEPT, BATCH])
    ages = [keep.age for keep in policies().values()]
    longest = None if None in ages else max(GROUPS_KEPT, *(age for age in ages if age is not None))
    if longest is not None:
        rows(statements.DELETE_OLD_GROUPS, [longest, BATCH])
