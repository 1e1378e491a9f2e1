"""Decides about the notifications whose moment has come, a batch in a transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import transaction

from focusjobs.sql import rows
from habits.models import User
from notifications.domain.choice import choice_for
from notifications.domain.kinds import Channel, Kind
from notifications.models import Notification
from notifications.selectors.people import people_with, pushes_on, reachable_devices, rules_of

from .decisions import Circumstances, Planned, decide
from .gathering import gathered, told_in
from .recording import Decided, record
from .relevance import judge_relevance
from .statements import DECIDED_AT_ONCE, DUE_PEOPLE, TAKEN

TAKEN_COLUMNS = (
    *("id", "user_id", "kind", "occurrence_key", "reminder_id", "day", "fire_at", "due_at", "not_after"),
    *("habits", "facts"),
)
"""Of `statements.TAKEN`, by their names in `Planned`."""


@dataclass(frozen=True, slots=True)
class Dispatched:
    """What one batch came to."""

    taken: int
    is_last: bool
    """Nothing more was due that nobody else decides about."""
    transports: frozenset[str]
    """The ways by which something is to be sent."""


@transaction.atomic
def dispatch_due(now: datetime, email: str = "") -> Dispatched:
    """Decide about one batch of planned notifications. email: the transport for e-mail, if there is one."""
    due = rows(DUE_PEOPLE, [now])
    if not due:
        return Dispatched(0, True, frozenset())
    _, last_person, last_moment = due[-1]
    values = {"ids": [number for number, *_ in due], "user_id": last_person, "due_at": last_moment}
    taken = [_read(columns) for columns in rows(TAKEN, values)]
    users = people_with({planned.user_id for planned in taken})
    decided = _decide_all(taken, users, now, email)
    transports = record(decided, users, now, email)
    return Dispatched(len(taken), len(due) < DECIDED_AT_ONCE, frozenset(transports))


def is_anything_due(now: datetime) -> bool:
    """Tell whether planned notifications wait to be decided about. Index: notification_due."""
    return Notification.objects.filter(state=Notification.State.PLANNED, due_at__lte=now).exists()


def _read(columns: tuple[Any, ...]) -> Planned:
    values = dict(zip(TAKEN_COLUMNS, columns, strict=True))
    loaded = {name: json.loads(values[name]) for name in ("habits", "facts")}
    return Planned(**{**values, **loaded, "kind": Kind(values["kind"])})


def _decide_all(taken: Sequence[Planned], users: Mapping[int, User], now: datetime, email: str) -> list[Decided]:
    """Decide about all of them; they come by moment and person, and what is told in one stands together."""
    rules, devices = rules_of(users), reachable_devices(users, now)
    judge_relevance(taken)
    pushes = pushes_on({planned.user_id: planned.day for planned in taken if _is_capped(planned, rules)})
    decided: list[Decided] = []
    for (_, user_id), together in groupby(taken, key=lambda planned: (planned.due_at, planned.user_id)):
        user = users[user_id]
        for lead, others in gathered(list(together), rules[user_id]):
            given = Circumstances(
                now=now,
                user=user,
                rules=rules[user_id],
                devices=devices[user_id],
                pushes=pushes.get(user_id, 0),
                has_email=bool(email and user.email),
            )
            decision = decide(lead, given)
            pushes[user_id] = pushes.get(user_id, 0) + decision.pushed
            decided += [(lead, decision), *((other, told_in(lead, other)) for other in others)]
    return decided


def _is_capped(planned: Planned, rules: Mapping[int, Any]) -> bool:
    return choice_for(rules[planned.user_id], planned.kind, Channel.PUSH).max_per_day is not None
