"""People, habits, records, backups and phones in the admin; habits and records are written by `habits.services`."""

from . import accounts, backups, habits, people, records, sync

__all__ = ["accounts", "backups", "habits", "people", "records", "sync"]
