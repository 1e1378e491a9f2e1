"""What allauth is to do otherwise: letters are sent by jobs, and of two sign-ups at once one is refused, not broken."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as of_request
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.headless.internal.restkit.response import ErrorResponse
from django.contrib.sites.shortcuts import get_current_site
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from habits.models import User

from .letters import post

ONE_ACCOUNT = "user_email_unique"
"""The constraint that lets an address have one account."""


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # untyped upstream
    """The project's answers to allauth's questions about accounts (`ACCOUNT_ADAPTER`)."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write the e-mail and leave the sending to a job."""
        request = of_request.request
        message = self.render_mail(
            template_prefix,
            email,
            {"request": request, "email": email, "current_site": get_current_site(request), **context},
        )
        user = context.get("user")
        post(message, user if isinstance(user, User) else None)

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Make the account. Where another request has just made one for the address, answer as if it came later."""
        try:
            with transaction.atomic():
                saved: User = super().save_user(request, user, form, commit)
        except IntegrityError as error:
            if ONE_ACCOUNT not in str(error):
                raise
            form.add_error("email", self.validation_error("email_taken"))
            raise ImmediateHttpResponse(ErrorResponse(request, input=form)) from error
        return saved
