"""Which mistake an error is, with a memory: a place that says something else each time is one mistake all the same."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from django.conf import settings

from ..domain.fingerprint import Mistake, mistake

VARIETY = 50
"""Different messages of one place that this process tells apart; a message that holds a name or a text of somebody
would otherwise make a group for each job."""

VARIOUS = "<various>"

MOST = 10_000
"""Places that are remembered."""

_met: dict[tuple[str, str, str], set[str]] = defaultdict(set)


def mistake_of(task: str, error: BaseException, message: str) -> Mistake:
    """Give what an error is one of."""
    found = mistake(task, error, message, str(settings.BASE_DIR))
    messages = _met[found.task, found.exception, found.frame]
    if found.message in messages:
        return found
    if len(messages) >= VARIETY:
        return replace(found, message=VARIOUS)
    if len(_met) > MOST:
        _met.clear()
    messages.add(found.message)
    return found
