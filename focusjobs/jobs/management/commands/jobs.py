"""`manage.py jobs`: look at jobs, retry, cancel, promote, reschedule, edit, drain, clean."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from focusjobs.jobs.cli import asking, moving, reading, upkeep
from focusjobs.jobs.errors import JobError


class Command(BaseCommand):
    """One subcommand for each thing that operators do. Errors are sentences, with exit code 1."""

    help = "Look at background jobs and act on them, one by one or all that match a filter."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the subcommands."""
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        for name, declare, act, said in (
            ("list", reading.declare_list, reading.list_jobs, "list jobs"),
            ("show", reading.declare_show, reading.show, "show all about one job"),
            ("counts", asking.add_json, reading.count, "count jobs by state and queue"),
            ("edit", upkeep.declare_edit, upkeep.edit, "run a job again with other arguments, as a new job"),
            ("drain", moving.declare_drain, moving.drain, "cancel everything that waits in a queue"),
            ("clean", upkeep.declare_clean, upkeep.clean, "delete finished jobs of a state"),
            ("prune", asking.add_json, upkeep.prune, "delete finished jobs that the settings do not keep"),
        ):
            verb = verbs.add_parser(name, help=said, description=said)
            declare(verb)
            verb.set_defaults(act=act)
        for name, move in moving.MOVES.items():
            verb = verbs.add_parser(name, help=move.help, description=move.help)
            moving.declare(move, verb)
            verb.set_defaults(act=partial(moving.move_jobs, move))

    def handle(self, *args: Any, act: Any, **options: Any) -> None:
        """Run the subcommand."""
        try:
            act(self.stdout, options)
        except JobError as error:
            raise CommandError(str(error)) from error
