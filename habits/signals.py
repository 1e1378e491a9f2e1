"""What the habits app tells those that depend on it, inside the transaction of the change.

A receiver may enqueue jobs and nothing else, so that a change stays as quick as its own rows.
"""

from django.dispatch import Signal

completions_changed = Signal()
"""Records of habits changed. Arguments: `habit_ids` (list of int), `user_id` (int), and `since`, by habit the earliest
day (date) that changed, or None where what the habit asks for changed and so every day may count differently."""
