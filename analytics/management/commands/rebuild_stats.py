"""`manage.py rebuild_stats`: work statistics out from all records."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analytics.models import UserClock
from analytics.rollups.inspecting import note_drift
from analytics.rollups.rebuilding import rebuild
from habits.models import User


class Command(BaseCommand):
    """Goes from person to person, each in a transaction of their own."""

    help = "Work people's statistics out from all of their records, store them, and say what differed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare whose."""
        parser.add_argument("--user", metavar="EMAIL", help="of one person; otherwise of everybody")
        parser.add_argument("--after", type=int, default=0, metavar="ID", help="go on after this person")

    def handle(self, *args: Any, user: str | None, after: int, **options: Any) -> None:
        """Rebuild, saying how far it has come and, when stopped, how to go on."""
        people, differing, last = 0, 0, after
        try:
            for number in self._numbers(user, after):
                differing += self._rebuild(number)
                people, last = people + 1, number
                self.stdout.write(f"{people} people rebuilt, up to {last}", ending="\r")
        except KeyboardInterrupt:
            raise CommandError(f"Stopped. Go on with: manage.py rebuild_stats --after {last}") from None
        self.stdout.write(f"{people} people rebuilt; {differing} had differences, which are in the admin under drifts.")

    def _numbers(self, email: str | None, after: int) -> Iterable[int]:
        if email is None:
            clocks = UserClock.objects.filter(user_id__gt=after).order_by("user_id")
            return clocks.values_list("user_id", flat=True).iterator(chunk_size=1000)
        found = User.objects.filter(email__iexact=email).first()
        if found is None:
            raise CommandError(f"No account has the address {email}.")
        return [found.pk]

    def _rebuild(self, user_id: int) -> bool:
        found = rebuild(user_id)
        if found:
            note_drift(user_id, found.differences)
        return bool(found and found.differences)
