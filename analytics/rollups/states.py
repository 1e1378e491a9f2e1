"""Keeps where habits stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date

from django.utils import timezone

from analytics.models import HabitState
from analytics.rollups.tracing import Traced
from analytics.rollups.upserting import upsert


def state_of(user_id: int, traced: Traced, last: date) -> HabitState:
    """Give the state of a habit as of the closed day `last`; it is not saved."""
    known = traced.known
    return HabitState(
        habit=known.habit,
        user_id=user_id,
        completions_version=known.habit.completions_version,
        as_of=last,
        made_on=known.made_on,
        archived_on=known.archived_on,
        computed_at=timezone.now(),
        **asdict(traced.chronicle.standing),
        **asdict(traced.chronicle.terms),
    )


def save_states(states: Iterable[HabitState]) -> None:
    """Store states in place of those that are stored."""
    upsert(list(states), ["habit_id"])
