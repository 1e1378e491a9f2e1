"""What subcommands ask of people: which jobs, when, and whether they mean it."""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.core.management.base import CommandError
from django.utils import timezone

from .. import rights
from ..domain.identity import job_id_of
from ..domain.text import whole_number
from ..looking.query import WORDS
from ..operations import Actor

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

FILTER_HELP = "conditions that must all hold, as in 'state:failed task:habits.* since:2h'; " + "; ".join(
    f"{word}: {meaning}" for word, meaning in WORDS.items()
)


def add_json(parser: ArgumentParser) -> None:
    """Declare `--json`."""
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def add_yes(parser: ArgumentParser) -> None:
    """Declare `--yes`."""
    parser.add_argument("--yes", action="store_true", help="do not ask whether you mean it")


def add_actor(parser: ArgumentParser) -> None:
    """Declare `--as` and `--reason`."""
    parser.add_argument("--reason", default="", help="kept with what is done")
    parser.add_argument(
        "--as",
        dest="actor",
        metavar="EMAIL",
        help="the account that does it, with its rights; otherwise whoever is here",
    )


def actor_of(options: dict[str, Any]) -> Actor:
    """Give who does it. Raises `CommandError` for an account that there is not."""
    if not options.get("actor"):
        return Actor.of_command()
    user = person(options["actor"])
    return Actor.of_command(user)


def person(name: str) -> Any:
    """Give an account by the name with which it logs in. Raises `CommandError` where there is none."""
    model = get_user_model()
    user = model._default_manager.filter(**{f"{model.USERNAME_FIELD}__iexact": name}).first()
    if user is None:
        raise CommandError(f"There is no account “{name}”.")
    return user


def check_right(actor: Actor, right: str) -> None:
    """Raise `CommandError` where an account was named that has no such right."""
    try:
        if actor.user is not None:
            rights.require(actor.user, right)
    except PermissionDenied as error:
        raise CommandError(str(error)) from error


def job_id(text: str) -> int:
    """Read a job's number or its task id."""
    number = whole_number(text) or job_id_of(text)
    if not number:
        raise ArgumentTypeError(f"“{text}” is neither a job's number nor its task id")
    return number


def length(text: str) -> timedelta:
    """Read a length of time, as in 90s, 30m, 2h, 7d or 2w."""
    match = re.fullmatch(r"([0-9]{1,6})([smhdw])", text)
    if not match:
        raise ArgumentTypeError(f"“{text}” is no length of time such as 30m, 2h or 7d")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def time_ahead(text: str) -> datetime:
    """Read a time as a length from now (`2h`) or as a date and time, in the project's zone unless it names one."""
    try:
        at = timezone.now() + length(text) if re.fullmatch(r"[0-9]+[smhdw]", text) else datetime.fromisoformat(text)
        return at if at.tzinfo else timezone.make_aware(at)
    except (ValueError, OverflowError, ArgumentTypeError) as error:
        raise ArgumentTypeError(f"“{text}” is no time such as 30m, 2h or 2026-03-01T08:00") from error


def natural(text: str) -> int:
    """Read a whole number from 1."""
    number = whole_number(text, 2**31 - 1)
    if not number:
        raise ArgumentTypeError(f"“{text}” is no whole number from 1")
    return number


def confirm(question: str, *, yes: bool) -> None:
    """Ask a person; raises `CommandError` where the answer is not yes or nobody can be asked."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandError(f"{question} Say --yes to do it, or --dry-run to look first.")
    if input(f"{question} [y/N] ").strip().lower() not in ("y", "yes"):
        raise CommandError("Nothing was done.", returncode=1)
