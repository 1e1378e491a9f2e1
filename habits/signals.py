"""What the habits app tells those that depend on it, inside the transaction of the change.

A receiver may enqueue jobs and nothing else, so that a change stays as quick as its own rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from django.dispatch import Signal

completions_changed = Signal()
"""Records of habits changed. Arguments: `habit_ids` (list of int), `user_id` (int), and `since`, by habit the earliest
day (date) that changed, or None where its category or what it asks for changed and so every day may count
differently."""

habits_changed = Signal()
"""Habits were made, edited, archived, deleted or restored. Arguments: `habit_ids` (list of int), `user_id` (int)."""

profile_changed = Signal()
"""A person changed how their days are cut or in which language they are spoken to. Arguments: `user_id` (int) and
`fields` (set of the names of `habits.models.User` that changed)."""

weeks_counted = Signal()
"""People's weeks are over and have been summed up, and are worth telling of. Argument: `weeks` (list of `CountedWeek`,
each of another person). Told again where the sum is repeated."""


class CountedWeek(NamedTuple):
    """A person's week that is over, and what it came to."""

    user_id: int
    first_day: date
    last_day: date
    """Six days after the first, but for the week in which a person's weeks began to begin on another weekday."""
    facts: Mapping[str, int | None]
    """What words need, as JSON can hold it: `done` and `due` (habits of days, those skipped left out), `rate` (whole
    per cent, None where nothing was due) and `change` (points between this rate and that of the week before, as both
    are shown, or None where either is missing)."""
