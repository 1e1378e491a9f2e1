"""People, habits, records, backups and phones in the admin; habits and records are written by `habits.services`."""

from . import accounts, backups, days, habits, people, sync

__all__ = ["accounts", "backups", "days", "habits", "people", "sync"]
