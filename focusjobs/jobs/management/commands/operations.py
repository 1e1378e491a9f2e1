"""`manage.py operations`: look at what people did to jobs, stop it, undo it, do the rest."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from focusjobs.jobs.cli import operating
from focusjobs.jobs.errors import JobError


class Command(BaseCommand):
    """One subcommand for each thing that operators do. Errors are sentences, with exit code 1."""

    help = "Look at what people did to background jobs, stop it, undo it, do the rest."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the subcommands."""
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        for name, declare, act, said in (
            ("list", operating.declare_list, operating.list_operations, "list operations"),
            ("show", operating.declare_one, operating.show, "show all about one operation"),
            ("stop", operating.declare_act, operating.stop, "change no further job, put back those not due yet"),
            ("undo", operating.declare_act, operating.undo, "put all jobs back that nobody has touched"),
            ("rest", operating.declare_act, operating.rest, "do what an operation left undone"),
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
