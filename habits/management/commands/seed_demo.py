"""`manage.py seed_demo`: accounts for a look around, with two years of believable history."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from habits.imports.sample import write_loop_sample
from habits.models import User
from habits.selectors import local_today
from habits.services import accept_backup

PERSON = "demo@example.com"
OPERATOR = "admin@example.com"
PASSWORD = "focusjobs-demo"  # noqa: S105 - public on purpose; exists on development machines only


class Command(BaseCommand):
    """Makes the accounts once; a later run changes nothing and says the logins again."""

    help = "Make a demo account with two years of history, and an operator's account for the admin."

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed and say the logins."""
        if not settings.DEBUG:
            raise CommandError("Demo accounts have a public password and are made only where DEBUG=1.")
        with transaction.atomic():
            if not User.objects.filter(email=OPERATOR).exists():
                User.objects.create_superuser(OPERATOR, PASSWORD, name="Olive Operator")
            if not User.objects.filter(email=PERSON).exists():
                self._make_person()
        self.stdout.write(f"  admin   {OPERATOR}   {PASSWORD}")
        self.stdout.write(f"  person  {PERSON}    {PASSWORD}")

    def _make_person(self) -> None:
        person = User.objects.create_user(PERSON, PASSWORD, name="Dana Demo", timezone="Europe/Berlin")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "Loop Habits Backup.db"
            write_loop_sample(path, seed=7, today=local_today(person))
            accept_backup(user=person, filename=path.name, content=path.read_bytes())
