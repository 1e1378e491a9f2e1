"""`manage.py import_habits FILE --user EMAIL`: enqueue the import of a backup from another habit app."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from habits.models import User
from habits.services import accept_backup


class Command(BaseCommand):
    """Reads the file and leaves the rest to a job."""

    help = "Import a backup of Loop Habit Tracker, Rewire or Tickmate (.db) or an export of HabitBull (.csv)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file and the account."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--user", required=True, metavar="EMAIL", help="the account that gets the habits")

    def handle(self, *args: Any, file: Path, user: str, **options: Any) -> None:
        """Enqueue the import and say where to follow it."""
        account = User.objects.filter(email__iexact=user).first()
        if account is None:
            raise CommandError(f"No account has the address {user}.")
        try:
            backup = accept_backup(user=account, filename=file.name, content=file.read_bytes())
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except ValidationError as error:
            raise CommandError(error.messages[0]) from error
        self.stdout.write(
            f"Job {backup.job_id} imports {file.name}; follow it at /admin/jobs/job/{backup.job_id}/change/"
        )
