"""What planned notifications still have to tell: the habits that each speaks of, or why it is pointless by now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from notifications.domain.kinds import Kind
from notifications.models import Notification, Reminder
from notifications.selectors.standings import Standing, endangered, habits_on, standings_of

from .decisions import Planned

Reason = Notification.Reason


def judge_relevance(taken: Sequence[Planned]) -> None:
    """Set `standings` and `pointless` of planned notifications, and the facts that their words need."""
    reminders = Reminder.objects.in_bulk([planned.reminder_id for planned in taken if planned.reminder_id])
    for planned in taken:
        reminder = reminders.get(planned.reminder_id or 0)
        if planned.reminder_id is not None and (reminder is None or not reminder.enabled):
            planned.pointless = Reason.GONE if reminder is None else Reason.OFF
    worth = [planned for planned in taken if not planned.pointless]
    _habits([planned for planned in worth if planned.kind is Kind.HABIT])
    _routines([planned for planned in worth if planned.kind is Kind.ROUTINE], reminders)
    _streaks([planned for planned in worth if planned.kind is Kind.STREAK_ALERT])


def _habits(taken: Sequence[Planned]) -> None:
    found = standings_of((habit_id, planned.day) for planned in taken for habit_id in planned.habits)
    for planned in taken:
        _settle(planned, [found[key] for habit_id in planned.habits if (key := (habit_id, planned.day)) in found])


def _routines(taken: Sequence[Planned], reminders: Mapping[int, Reminder]) -> None:
    for people, group in _by_day(taken):
        found = habits_on(people)
        for planned in group:
            reminder = reminders[planned.reminder_id or 0]
            planned.facts["label"] = reminder.label
            wanted = [
                standing
                for standing in found.get(planned.user_id, [])
                if reminder.category in ("", standing.habit.category)
            ]
            _settle(planned, wanted)


def _streaks(taken: Sequence[Planned]) -> None:
    for people, group in _by_day(taken):
        found = endangered(people)
        for planned in group:
            planned.standings = found.get(planned.user_id, [])
            if planned.standings:
                planned.facts["streak"] = planned.standings[0].streak
            else:
                planned.pointless = Reason.NO_STREAK


def _settle(planned: Planned, standings: Sequence[Standing]) -> None:
    """Keep what is open; where nothing is, the notification is pointless, for the reason of what has gone furthest."""
    planned.standings = [standing for standing in standings if standing.is_open]
    if not planned.standings:
        reasons = {standing.closed for standing in standings}
        order = (Reason.DONE, Reason.NOT_DUE, Reason.ARCHIVED)
        planned.pointless = next((reason for reason in order if reason in reasons), Reason.GONE)


def _by_day(taken: Iterable[Planned]) -> Iterable[tuple[Mapping[int, date], list[Planned]]]:
    """Give notifications in groups in which each person has one day."""
    groups: list[tuple[dict[int, date], list[Planned]]] = []
    places: dict[int, int] = defaultdict(int)
    for planned in taken:
        place = places[planned.user_id]
        places[planned.user_id] += 1
        if place == len(groups):
            groups.append(({}, []))
        groups[place][0][planned.user_id] = planned.day
        groups[place][1].append(planned)
    return groups
