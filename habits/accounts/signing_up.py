"""What signing up asks for beyond allauth's own fields."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from habits.models import User


class SignupForm(forms.Form):
    """The base of allauth's sign-up form (`ACCOUNT_SIGNUP_FORM_CLASS`)."""

    def clean(self) -> dict[str, Any]:
        """Compare the password with the address, which allauth's headless sign-up leaves out."""
        values = super().clean() or self.cleaned_data
        if "email" in values and "password" in values:
            try:
                validate_password(values["password"], User(email=values["email"]))
            except ValidationError as error:
                self.add_error("password", error)
        return values

    def signup(self, request: HttpRequest, user: User) -> None:
        """Add nothing to the new account; allauth requires the method."""
