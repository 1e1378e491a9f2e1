"""`manage.py second_factor EMAIL`: set up what the admin asks for beside the password, or take it away after a loss."""

from __future__ import annotations

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, validate_totp_code
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from habits.models import User


class Command(BaseCommand):
    """Sets up an authenticator app for an account, and gives recovery codes."""

    help = "Set up the second factor of an account: an authenticator app, and recovery codes."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("email")
        parser.add_argument("--remove", action="store_true", help="take the second factor away, as after a loss")

    def handle(self, *args: Any, **options: Any) -> None:
        """Show the secret, ask for a code made with it, and keep it."""
        user = User.objects.filter(email__iexact=options["email"]).first()
        if user is None:
            raise CommandError(f"There is no account {options['email']}.")
        factors = Authenticator.objects.filter(user=user)
        if options["remove"]:
            factors.delete()
            self.stdout.write(f"{user.email} has no second factor any more.")
        elif factors.filter(type=Authenticator.Type.TOTP).exists():
            raise CommandError(f"{user.email} has a second factor; --remove takes it away.")
        else:
            self._set_up(user)

    def _set_up(self, user: User) -> None:
        secret = generate_totp_secret()
        self.stdout.write("Add this to an authenticator app:\n")
        self.stdout.write(f"  {get_adapter().build_totp_url(user, secret)}\n")
        if not validate_totp_code(secret, self._ask("The code that it shows now: ")):
            raise CommandError("The code is not of this secret; nothing was set up. Is the clock of the phone right?")
        with transaction.atomic():
            TOTP.activate(user, secret)
            codes = RecoveryCodes.activate(user).get_unused_codes()
        self.stdout.write("Done. These recovery codes let in once each, without the phone; keep them elsewhere:")
        self.stdout.write("\n".join(f"  {code}" for code in codes))

    def _ask(self, question: str) -> str:
        try:
            return input(question).strip()
        except EOFError as error:
            raise CommandError("A code has to be typed in: run this in a terminal. Nothing was set up.") from error
