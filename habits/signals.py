"""What the habits app tells those that depend on it, inside the transaction of the change.

A receiver may enqueue jobs and nothing else, so that a change stays as quick as its own rows.
"""

from django.dispatch import Signal

completions_changed = Signal()
"""Records of habits changed. Arguments: `habit_ids` (list of int), `user_id` (int), and `since`, by habit the earliest
day (date) that changed, or None where what the habit asks for changed and so every day may count differently."""

habits_changed = Signal()
"""Habits were made, edited, archived, deleted or restored. Arguments: `habit_ids` (list of int), `user_id` (int)."""

profile_changed = Signal()
"""A person changed how their days are cut or in which language they are spoken to. Arguments: `user_id` (int) and
`fields` (set of the names of `habits.models.User` that changed)."""

weekly_report_ready = Signal()
"""A person's week is over and has been counted. Arguments: `user_id` (int), `week` (date, its first day) and `facts`, a
dict that JSON can hold: `done` and `due` (habits of days), `rate` (whole per cent) and `change` against the week before
(whole points of per cent, or None where there is none)."""
