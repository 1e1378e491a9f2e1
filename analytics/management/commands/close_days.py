"""`manage.py close_days`: close the days that are over, now."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from analytics.domain.pace import pause
from analytics.selectors.progress import progress_by_zone
from analytics.tasks import close_due_days


class Command(BaseCommand):
    """Closes batch after batch; stopped at any moment, it goes on where it was when it is called again."""

    help = "Close the days of everybody whose day is over; beside the schedule, any number may run at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the dry run."""
        parser.add_argument("--dry-run", action="store_true", help="only say what is due, by time zone")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        """Close, saying how far it has come."""
        if dry_run:
            self._say_what_is_due()
            return
        closed = 0
        for batch, pace in close_due_days():
            closed += batch.users
            self.stdout.write(f"{closed} days closed", ending="\r")
            if pace.is_busy:
                time.sleep(pause(batch.seconds))
        self.stdout.write(f"{closed} days closed.")

    def _say_what_is_due(self) -> None:
        zones = [zone for zone in progress_by_zone(timezone.now()) if zone.due]
        for zone in zones:
            self.stdout.write(f"{zone.zone}: {zone.due} of {zone.people}, since {zone.oldest:%Y-%m-%d %H:%M} UTC")
        self.stdout.write(f"{sum(zone.due for zone in zones)} people have a day that is over. Nothing was closed.")
