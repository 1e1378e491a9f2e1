"""Keeps statistics stored, so that reading them costs the same however long the history is."""

from __future__ import annotations

from django.db import connection, transaction

from analytics.models import HabitState
from analytics.selectors import state_of
from habits.models import Habit
from habits.selectors import local_today

COLUMNS = tuple(str(field.column) for field in HabitState._meta.concrete_fields)

# Store a habit's statistics unless newer ones are stored, by records and then by day; served by both primary keys.
# Several workers may refresh a habit at once and finish in any order: PostgreSQL compares with the row as it is after
# waiting for it. The key-share lock keeps the habit from being deleted under the new row, and lets ticks pass.
STORE_STATE = f"""
    INSERT INTO analytics_habitstate ({", ".join(COLUMNS)})
    SELECT {", ".join(f"%({column})s" for column in COLUMNS)} FROM habits_habit WHERE id = %(habit_id)s FOR KEY SHARE
    ON CONFLICT (habit_id) DO UPDATE SET {", ".join(f"{column} = excluded.{column}" for column in COLUMNS[1:])}
    WHERE (analytics_habitstate.completions_version, analytics_habitstate.as_of)
       <= (excluded.completions_version, excluded.as_of)
"""  # noqa: S608 - made of the model's own column names


def refresh_habit_state(habit_id: int) -> bool:
    """Work out and store a habit's statistics as of its owner's local day.

    Tells False where nothing was stored, because the habit is gone or newer statistics are there.
    """
    habit = Habit.objects.select_related("user").filter(pk=habit_id).first()
    if habit is None:
        return False
    state = state_of(habit, local_today(habit.user))
    values = {str(field.column): field.pre_save(state, add=True) for field in HabitState._meta.concrete_fields}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STORE_STATE, values)
        return bool(cursor.rowcount)
