"""How the staff logs in to the admin: e-mail, password and a second factor; guesses are limited.

One mechanism serves phones and the admin, django-allauth's: its limits count the guesses of both together, by account
and by address, and a second factor that was set up in one place holds in the other. A session counts as one of two
factors where allauth has kept that a code was given in it.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.core.internal.ratelimit import get_rates
from allauth.mfa.base.internal.flows import check_rate_limit, post_authentication
from allauth.mfa.models import Authenticator
from django import forms
from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpRequest, HttpResponse

SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)
TOO_MANY = "too_many_login_attempts"
"""allauth's code of the error that further guesses get."""


class AdminLoginForm(AdminAuthenticationForm):
    """E-mail, password, and the code of the authenticator app or one of the recovery codes."""

    code = forms.CharField(
        label="Code",
        required=False,
        max_length=32,
        help_text="From your authenticator app, or one of your recovery codes.",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    error_messages = {  # noqa: RUF012  as Django declares it
        **AdminAuthenticationForm.error_messages,
        "code_required": "Give the code of your authenticator app, or a recovery code.",
        "wrong_code": "This code is not valid, or was used already.",
        "no_second_factor": (
            "This account has no second factor, which the admin takes. Set one up in the app, or have somebody at the "
            "server run: manage.py second_factor %(email)s"
        ),
    }

    used: Authenticator | None = None
    """The second factor that the code is of."""

    def clean(self) -> dict[str, Any]:
        """Check password and code. Raises `ValidationError`."""
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if email is not None and password:
            self.user_cache = get_adapter().authenticate(self.request, email=email, password=password)
            if self.user_cache is None:
                raise self.get_invalid_login_error()
            self.confirm_login_allowed(self.user_cache)
            self.used = self._second_factor(self.user_cache)
        return self.cleaned_data

    def _second_factor(self, user: Any) -> Authenticator | None:
        """Give the factor that the code is of; None where the account has none and none is wanted."""
        factors = list(Authenticator.objects.filter(user=user, type__in=SECOND_FACTORS))
        if not factors:
            if settings.ADMIN_SECOND_FACTOR:
                raise self._error("no_second_factor", email=user.email)
            return None
        code = self.cleaned_data.get("code", "").strip()
        if not code:
            raise self._error("code_required")
        forgive = check_rate_limit(user)
        for factor in factors:
            if factor.wrap().validate_code(code):
                forgive()
                return factor
        raise self._error("wrong_code")

    def _error(self, code: str, **words: Any) -> ValidationError:
        return ValidationError(self.error_messages[code], code=code, params=words)


class AdminLoginView(LoginView):
    """The login of the admin."""

    authentication_form = AdminLoginForm
    template_name = "admin/login.html"

    def form_valid(self, form: Any) -> HttpResponse:
        """Log in, and keep in the session which second factor was used."""
        response = super().form_valid(form)
        if form.used is not None:
            post_authentication(self.request, form.used)
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the form again; 429 to who has guessed too often."""
        response = super().form_invalid(form)
        if form.has_error(NON_FIELD_ERRORS, TOO_MANY):
            response.status_code = 429
            response.headers["Retry-After"] = str(_seconds_to_wait())
        return response


def has_second_factor(request: HttpRequest) -> bool:
    """Tell whether a code was given in this session, or none is wanted (`ADMIN_SECOND_FACTOR`)."""
    if not settings.ADMIN_SECOND_FACTOR:
        return True
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))


def _seconds_to_wait() -> int:
    """Give the longest time for which allauth's limit of guesses stops somebody."""
    return round(max((rate.duration for rate in get_rates(app="allauth.account", action="login_failed")), default=60))
