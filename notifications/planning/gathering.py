"""Puts the reminders of habits that come to a person at one moment into one notification, the digest."""

from __future__ import annotations

from collections.abc import Iterable

from notifications.domain.choice import Rules, choice_for
from notifications.domain.kinds import Channel, Kind
from notifications.models import Notification

from .decisions import Decision, Planned


def gathered(together: list[Planned], rules: Rules) -> Iterable[tuple[Planned, list[Planned]]]:
    """Give the notifications of one person and moment, each with those that are told in it: the first tells of all."""
    worth = [planned for planned in together if planned.kind is Kind.HABIT and not planned.pointless]
    if len(worth) < 2 or not choice_for(rules, Kind.HABIT, Channel.PUSH).digest:
        return [(planned, []) for planned in together]
    lead, *others = worth
    # A habit with two reminders at one moment is named once.
    standings = {standing.habit.pk: standing for planned in worth for standing in planned.standings}
    lead.standings = sorted(standings.values(), key=lambda one: (one.habit.position, one.habit.pk))
    lead.not_after = max(planned.not_after for planned in worth)
    return [(lead, others), *((planned, []) for planned in together if planned not in worth)]


def told_in(lead: Planned, other: Planned) -> Decision:
    """Give what becomes of a notification that is told in another."""
    return Decision(
        state=Notification.State.MERGED, due_at=other.due_at, not_after=other.not_after, merged_into_id=lead.id
    )
