"""People, habits, records and backups in the admin; what statistics depend on is written by `habits.services`."""

from . import backups, habits, people, records

__all__ = ["backups", "habits", "people", "records"]
