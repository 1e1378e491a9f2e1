"""`manage.py errors`: look at groups of errors, say what is mended, ignored, whose it is."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from focusjobs.jobs.cli import triaging
from focusjobs.jobs.errors import JobError


class Command(BaseCommand):
    """One subcommand for each thing that operators do. Errors are sentences, with exit code 1."""

    help = "Look at groups of errors of background jobs, and sort them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the subcommands."""
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        for name, declare, act, said in (
            ("list", triaging.declare_list, triaging.list_groups, "list groups of errors"),
            ("show", triaging.declare_one, triaging.show, "show all about one group"),
            ("fix", triaging.declare_fix, triaging.fix, "say that it is mended; it opens again where it comes back"),
            ("ignore", triaging.declare_ignore, triaging.ignore, "let it need nobody, for good or for a while"),
            ("reopen", triaging.declare_reopen, triaging.reopen, "say that it needs somebody"),
            ("assign", triaging.declare_assign, triaging.assign, "say who sees to it"),
            ("note", triaging.declare_note, triaging.annotate, "keep a note at it"),
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
