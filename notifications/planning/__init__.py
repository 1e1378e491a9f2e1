"""From reminders to what is to be told: which fire, whether it still makes sense, by which ways.

Three steps, each in batches that any number of workers may take at once. `agenda` says when a reminder fires next;
`firing` takes those that are due and plans a notification for each; `dispatching` decides about planned notifications
when their moment has come: `relevance` finds what is left to do, `gathering` what is told in one, `decisions` has the
rules, and `recording` writes deliveries and inbox items.
"""
