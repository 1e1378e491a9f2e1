"""Writes what became of deliveries, in groups."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from focusjobs.sql import columns, rows
from notifications.transports import Outcome

from . import gate
from .consequences import Case, Consequence, consequence
from .held import Held
from .retiring import learn_of_devices
from .statements import RECORD

logger = logging.getLogger(__name__)

RECORD_COLUMNS = ("id", "fence", "state", "code", "provider_id", "next_at", "refund")
"""What `statements.RECORD` writes."""


@transaction.atomic
def record(transport: str, answered: Sequence[tuple[Held, Outcome]], now: datetime) -> Counter[str]:
    """Write the answers of a group: what follows for deliveries, devices and the transport. Answers counts by state."""
    if not answered:
        return Counter()
    following = [(held, consequence(outcome, _case(held, now))) for held, outcome in answered]
    counts = write(following, now)
    state = gate.locked(transport)
    before = state.breaker
    gate.learn(state, [outcome for _, outcome in answered], now)
    learn_of_devices(answered, state, now)
    _tell(transport, answered, before, state.breaker, state.breaker_reason)
    return counts


def write(following: Sequence[tuple[Held, Consequence]], now: datetime) -> Counter[str]:
    """Write what follows for claimed deliveries; whoever lost a claim writes nothing. Answers counts by state."""
    if not following:
        return Counter()
    written = dict(zip(RECORD_COLUMNS, columns(following, _recorded), strict=True))
    return Counter(state for _, state in rows(RECORD, {**written, "now": now}))


def _recorded(one: tuple[Held, Consequence]) -> tuple[Any, ...]:
    held, what = one
    return (
        *(held.id, held.fence, str(what.state), what.code[:80], what.provider_id[:200]),
        *(what.next_at, what.refund),
    )


def _case(held: Held, now: datetime) -> Case:
    return Case(kind=held.kind, attempts=held.attempts, fence=held.fence, not_after=held.not_after, now=now)


def _tell(transport: str, answered: Sequence[tuple[Held, Outcome]], before: str, after: str, reason: str) -> None:
    """Log what somebody should look at; neither addresses nor words."""
    alarms = Counter(outcome.code for _, outcome in answered if outcome.alarm)
    if alarms:
        logger.warning("answers that need a look", extra={"transport": transport, "codes": dict(alarms)})
    if before != after:
        extra = {"transport": transport, "breaker": after, "reason": reason}
        logger.log(logging.INFO if after == "closed" else logging.ERROR, "breaker changed", extra=extra)
