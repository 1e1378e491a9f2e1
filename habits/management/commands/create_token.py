"""`manage.py create_token --email E`: an API token for scripts and tests."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction

from habits.accounts.tokens import issue_token
from habits.models import User


class Command(BaseCommand):
    """Prints the token alone, so that a script can take it: it cannot be shown again."""

    help = "Make an API token for an account, which is made if it is not there; it then has no password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whose token it is, and what for."""
        parser.add_argument("--email", required=True, help="the account's address")
        parser.add_argument("--name", default="", help="what the token is for")

    @transaction.atomic
    def handle(self, *args: Any, email: str, name: str, **options: Any) -> str:
        """Make the token and answer with it."""
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"“{email}” is not an e-mail address.") from error
        user = User.objects.filter(email__iexact=email).first() or User.objects.create_user(email)
        return issue_token(user, name[:100])
