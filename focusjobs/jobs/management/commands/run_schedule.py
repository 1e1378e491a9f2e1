"""`manage.py run_schedule NAME`: make a schedule's job at once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from focusjobs.jobs import operations
from focusjobs.jobs.cli.asking import actor_of, add_actor, check_right
from focusjobs.jobs.declaring.registry import load_tasks
from focusjobs.jobs.errors import InvalidJob
from focusjobs.jobs.models import Schedule
from focusjobs.jobs.operations import Actor


class Command(BaseCommand):
    """Runs a schedule out of turn; its ticks stay as they are."""

    help = "Make the job of a schedule now, beside its ticks; works for one that is turned off, too."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the schedule's name."""
        parser.add_argument("name")
        add_actor(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the job and print its number."""
        load_tasks()
        try:
            schedule = Schedule.objects.get(name=options["name"])
            _, job = operations.run_schedule(_actor(options), schedule, options["reason"])
        except Schedule.DoesNotExist:
            raise CommandError(f"There is no schedule “{options['name']}”; `manage.py schedules` lists them.") from None
        except InvalidJob as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Job {job.id}" if job.created else f"Job {job.id} is unfinished; no other was made.")


def _actor(options: dict[str, Any]) -> Actor:
    actor = actor_of(options)
    check_right(actor, "run_schedule")
    return actor
