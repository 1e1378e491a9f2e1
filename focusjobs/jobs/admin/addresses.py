"""Addresses of the console's pages."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode


def jobs_address(query: str = "", **more: str) -> str:
    """Give the address of the list of jobs with a filter."""
    wanted = {name: value for name, value in {"q": query, **more}.items() if value}
    return reverse("admin:jobs_job_changelist") + (f"?{urlencode(wanted)}" if wanted else "")


def person_address(request: HttpRequest, user_id: int | None) -> str:
    """Give the address of a person's page; empty where this operator may not open it."""
    options = get_user_model()._meta
    if user_id is None or not request.user.has_perm(f"{options.app_label}.view_{options.model_name}"):
        return ""
    return reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[user_id])
