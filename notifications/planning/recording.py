"""Writes what was decided: what becomes of notifications, their deliveries, and items of the inbox."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from focusjobs.sql import columns, rows
from habits.models import User
from notifications.domain.copy import words_for
from notifications.domain.identity import delivery_id
from notifications.models import InboxItem
from notifications.selectors.subjects import data_of, subject_of

from .decisions import Decision, Planned
from .statements import DECIDE, DELIVER

Decided = tuple[Planned, Decision]

DECIDE_COLUMNS = (
    *("id", "state", "reason", "due_at", "not_after"),
    *("habits", "facts", "pushed", "merged_into_id"),
)
"""What `statements.DECIDE` writes."""

DELIVER_COLUMNS = ("id", "notification_id", "device_id", "transport", "not_after")
"""What `statements.DELIVER` writes."""


def record(decided: Sequence[Decided], users: Mapping[int, User], now: datetime, email: str) -> set[str]:
    """Write all of it, and give the ways by which something is to be sent. email: the transport for e-mail, if any."""
    _write(decided, now)
    transports = _deliver(decided, now, email)
    _fill_inbox(decided, users)
    return transports


def _write(decided: Sequence[Decided], now: datetime) -> None:
    if decided:
        written = dict(zip(DECIDE_COLUMNS, columns(decided, _decided), strict=True))
        rows(DECIDE, {**written, "now": now})


def _decided(one: Decided) -> tuple[Any, ...]:
    planned, decision = one
    habits = [standing.habit.pk for standing in planned.standings] or planned.habits
    return (
        *(planned.id, str(decision.state), str(decision.reason), decision.due_at, decision.not_after),
        *(json.dumps(habits), json.dumps(planned.facts), decision.pushed, decision.merged_into_id),
    )


def _deliver(decided: Sequence[Decided], now: datetime, email: str) -> set[str]:
    made = [one for planned, decision in decided for one in _deliveries(planned, decision, email)]
    if made:
        rows(DELIVER, {**dict(zip(DELIVER_COLUMNS, columns(made, tuple), strict=True)), "now": now})
    return {transport for _, _, _, transport, _ in made}


def _deliveries(planned: Planned, decision: Decision, email: str) -> Iterable[tuple[Any, ...]]:
    occurrence = f"{planned.kind}/{planned.occurrence_key}"
    for device in decision.devices:
        name = delivery_id(planned.user_id, occurrence, f"device:{device.pk}")
        yield name, planned.id, device.pk, device.transport, decision.not_after
    if decision.by_email:
        yield delivery_id(planned.user_id, occurrence, "email"), planned.id, None, email, decision.not_after


def _fill_inbox(decided: Sequence[Decided], users: Mapping[int, User]) -> None:
    items = [_item(planned, users[planned.user_id].locale) for planned, decision in decided if decision.in_inbox]
    InboxItem.objects.bulk_create(items, ignore_conflicts=True)


def _item(planned: Planned, locale: str) -> InboxItem:
    habits = [standing.habit for standing in planned.standings]
    words = words_for(subject_of(planned.kind, habits, planned.facts), locale)
    return InboxItem(
        user_id=planned.user_id,
        notification_id=planned.id,
        kind=str(planned.kind),
        title=words.title,
        body=words.body,
        data=data_of(planned.kind, planned.id, planned.reminder_id, planned.day.isoformat(), habits),
    )
