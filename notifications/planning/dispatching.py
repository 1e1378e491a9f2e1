"""Decides about the notifications whose moment has come, and writes what follows: deliveries and inbox items."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import connection, transaction

from habits.domain.calendar import day_start_instant
from habits.models import User
from notifications.domain.choice import choice_for
from notifications.domain.copy import words_for
from notifications.domain.identity import delivery_id
from notifications.domain.kinds import Channel, Kind
from notifications.models import InboxItem, Notification
from notifications.selectors.people import people_with, pushes_on, reachable_devices, rules_of
from notifications.selectors.subjects import data_of, subject_of

from .decisions import Circumstances, Decision, Planned, decide
from .matters import look_into
from .statements import DECIDE, DECIDED_AT_ONCE, DELIVER, DUE_PEOPLE, TAKEN

State = Notification.State

Decided = tuple[Planned, Decision]


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
    with connection.cursor() as cursor:
        cursor.execute(DUE_PEOPLE, [now])
        due = cursor.fetchall()
        if not due:
            return Dispatched(0, True, frozenset())
        cursor.execute(TAKEN, {"ids": [row[0] for row in due], "user_id": due[-1][1], "due_at": due[-1][2]})
        taken = [_read(row) for row in cursor.fetchall()]
    users = people_with({planned.user_id for planned in taken})
    decided = _decide_all(taken, users, now, email)
    _write(decided, now)
    transports = _deliver(decided, now, email)
    _fill_inbox(decided, users)
    return Dispatched(len(taken), len(due) < DECIDED_AT_ONCE, frozenset(transports))


def _read(row: tuple[Any, ...]) -> Planned:
    planned = Planned(**dict(zip(FIELDS, row, strict=True)))
    planned.kind = Kind(planned.kind)
    planned.habits, planned.facts = json.loads(row[9]), json.loads(row[10])
    return planned


FIELDS = (
    *("id", "user_id", "kind", "occurrence_key", "reminder_id", "day", "fire_at", "due_at", "not_after"),
    *("habits", "facts"),
)


def _decide_all(taken: Sequence[Planned], users: Mapping[int, User], now: datetime, email: str) -> list[Decided]:
    """Decide about all of them; they come by moment and person, and what is told in one stands together."""
    rules, devices = rules_of(users), reachable_devices(users, now)
    look_into(taken)
    pushes = pushes_on({planned.user_id: planned.day for planned in taken if _is_capped(planned, rules)})
    decided: list[Decided] = []
    for (_, user_id), together in groupby(taken, key=lambda planned: (planned.due_at, planned.user_id)):
        user = users[user_id]
        for lead, others in _gathered(list(together), rules[user_id]):
            day_end = day_start_instant(user.timezone, user.day_start, lead.day + timedelta(days=1))
            circumstances = Circumstances(
                now=now,
                user=user,
                rules=rules[user_id],
                devices=devices[user_id],
                pushes=pushes.get(user_id, 0),
                day_end=day_end,
                has_email=bool(email and user.email),
            )
            decision = decide(lead, circumstances)
            pushes[user_id] = pushes.get(user_id, 0) + decision.pushed
            decided += [(lead, decision), *((other, _told_in(lead, other)) for other in others)]
    return decided


def _is_capped(planned: Planned, rules: Mapping[int, Any]) -> bool:
    return choice_for(rules[planned.user_id], planned.kind, Channel.PUSH).max_per_day is not None


def _gathered(together: list[Planned], rules: Any) -> Iterable[tuple[Planned, list[Planned]]]:
    """Put the reminders of habits that come at one moment into one, which is the first of them."""
    worth = [planned for planned in together if planned.kind is Kind.HABIT and not planned.pointless]
    if len(worth) < 2 or not choice_for(rules, Kind.HABIT, Channel.PUSH).digest:
        return [(planned, []) for planned in together]
    lead, *others = worth
    # A habit with two reminders at one moment is named once.
    standings = {standing.habit.pk: standing for planned in worth for standing in planned.standings}
    lead.standings = sorted(standings.values(), key=lambda one: (one.habit.position, one.habit.pk))
    lead.not_after = max(planned.not_after for planned in worth)
    return [(lead, others), *((planned, []) for planned in together if planned not in worth)]


def _told_in(lead: Planned, other: Planned) -> Decision:
    return Decision(state=State.MERGED, due_at=other.due_at, not_after=other.not_after, merged_into_id=lead.id)


def _write(decided: Sequence[Decided], now: datetime) -> None:
    columns: dict[str, list[Any]] = defaultdict(list)
    for planned, decision in decided:
        habits = [standing.habit.pk for standing in planned.standings] or planned.habits
        columns["id"].append(planned.id)
        columns["state"].append(str(decision.state))
        columns["reason"].append(str(decision.reason))
        columns["due_at"].append(decision.due_at)
        columns["not_after"].append(decision.not_after)
        columns["habits"].append(json.dumps(habits))
        columns["facts"].append(json.dumps(planned.facts))
        columns["pushed"].append(decision.pushed)
        columns["merged_into_id"].append(decision.merged_into_id)
    if decided:
        with connection.cursor() as cursor:
            cursor.execute(DECIDE, {**columns, "now": now})


def _deliver(decided: Sequence[Decided], now: datetime, email: str) -> set[str]:
    rows = [row for planned, decision in decided for row in _deliveries(planned, decision, email)]
    if rows:
        names = ("id", "notification_id", "device_id", "transport", "not_after")
        with connection.cursor() as cursor:
            columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
            cursor.execute(DELIVER, {**columns, "now": now})
    return {row[3] for row in rows}


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
