"""What the commands for operators have in common: a subcommand for each thing that they do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeAlias

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ..errors import JobError

Verb: TypeAlias = tuple[str, Callable[[CommandParser], None], Callable[[Any, Any], None], str]
"""A subcommand: its name, what declares its arguments, what does it, and what it is said to do."""


class VerbCommand(BaseCommand):
    """One subcommand for each thing that operators do. Errors are sentences, with exit code 1."""

    verbs: ClassVar[Sequence[Verb]]

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the subcommands."""
        subparsers = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        for name, declare, act, said in self.verbs:
            verb = subparsers.add_parser(name, help=said, description=said)
            declare(verb)
            verb.set_defaults(act=act)

    def handle(self, *args: Any, act: Any, **options: Any) -> None:
        """Run the subcommand."""
        try:
            act(self.stdout, options)
        except JobError as error:
            raise CommandError(str(error)) from error
