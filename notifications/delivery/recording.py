"""Writes what became of deliveries, in groups."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from notifications.transports import Outcome

from . import gate
from .consequences import Case, consequence
from .held import Consequence, Held
from .retiring import learn_of_devices
from .statements import RECORD

logger = logging.getLogger(__name__)


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
    columns: dict[str, list[Any]] = defaultdict(list)
    for held, what in following:
        columns["id"].append(held.id)
        columns["fence"].append(held.fence)
        columns["state"].append(str(what.state))
        columns["code"].append(what.code[:80])
        columns["provider_id"].append(what.provider_id[:200])
        columns["next_at"].append(what.next_at)
        columns["refund"].append(what.refund)
    if not following:
        return Counter()
    with connection.cursor() as cursor:
        cursor.execute(RECORD, {**columns, "now": now})
        return Counter(state for _, state in cursor.fetchall())


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
