"""`manage.py queues`: look at queues, pause, resume and limit them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from focusjobs.jobs.cli import asking, queueing
from focusjobs.jobs.errors import JobError


class Command(BaseCommand):
    """One subcommand for each thing that operators do. Errors are sentences, with exit code 1."""

    help = "Look at queues of background jobs, pause, resume and limit them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the subcommands."""
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        for name, declare, act, said in (
            ("list", asking.add_json, queueing.list_queues, "list queues"),
            ("pause", queueing.declare_pause, queueing.pause, "start no further job of a queue"),
            ("resume", queueing.declare_resume, queueing.resume, "start jobs of a queue again"),
            ("limit", queueing.declare_limit, queueing.limit, "limit how many jobs run at once or start in a period"),
            ("expect", queueing.declare_expect, queueing.expect, "say how long due jobs may wait"),
        ):
            verb = verbs.add_parser(name, help=said, description=said)
            declare(verb)
            verb.set_defaults(act=act)

    def handle(self, *args: Any, act: Any, **options: Any) -> None:
        """Run the subcommand."""
        try:
            act(self.stdout, options)
        except JobError as error:
            raise CommandError(str(error)) from error
