"""Notes which streaks of habits broke and which reached a milestone, as their records have it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import TypeAlias

from analytics.domain.outcomes import Outcome
from analytics.models import StreakEvent
from analytics.rollups.tracing import Traced

Place: TypeAlias = tuple[int, date, str]
"""Habit, day and kind, of which there is one event."""

KINDS = {Outcome.BROKEN: StreakEvent.Kind.BROKEN, Outcome.MILESTONE: StreakEvent.Kind.MILESTONE}


def follow_events(traced: Collection[Traced]) -> dict[int, list[date]]:
    """Let what became of habits' streaks be noted as it is now, and give, by habit, the days on which that changed.

    Also what became of them while a habit was archived: how long a streak was when a week ended is worked out from its
    end, whenever that came. Nobody is told of it (`analytics.selectors.streak_events`).
    """
    wanted = {place: days for one in traced for place, days in _events_of(one)}
    events = StreakEvent.objects.filter(habit_id__in=[one.known.habit.pk for one in traced])
    stored = {
        (habit, day, kind): (number, days)
        for number, habit, day, kind, days in events.values_list("pk", "habit_id", "day", "kind", "days")
    }
    wrong = {place: number for place, (number, days) in stored.items() if wanted.get(place) != days}
    missing = {place: days for place, days in wanted.items() if place not in stored or place in wrong}
    _replace(wrong.values(), missing, {one.known.habit.pk: one.known.habit.user_id for one in traced})
    moved: dict[int, list[date]] = {one.known.habit.pk: [] for one in traced}
    for habit, day, _ in (*wrong, *missing):
        moved[habit].append(day)
    return moved


def _events_of(traced: Traced) -> Iterator[tuple[Place, int]]:
    for day in traced.chronicle.days:
        for flag, kind in KINDS.items():
            if flag in day.outcome:
                yield (traced.known.habit.pk, day.day, kind.value), day.streak


def _replace(wrong: Collection[int], missing: dict[Place, int], owners: dict[int, int]) -> None:
    if wrong:
        StreakEvent.objects.filter(pk__in=wrong).delete()
    StreakEvent.objects.bulk_create(
        StreakEvent(user_id=owners[habit], habit_id=habit, day=day, kind=kind, days=days)
        for (habit, day, kind), days in missing.items()
    )
