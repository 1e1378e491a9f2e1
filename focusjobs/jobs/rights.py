"""Who may do what in the console and at the command line: Django's permissions, and how many jobs at once.

Services check nothing; whoever calls them asks here first.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied

from .operations import ACTIONS, Preview

RIGHTS = {
    "view_job": "look at jobs",
    "view_job_args": "see personal arguments of jobs",
    "retry_job": "retry jobs",
    "bulk_retry_job": "retry many jobs at once",
    "edit_retry_job": "retry jobs with other arguments",
    "cancel_job": "cancel jobs",
    "pause_queue": "pause or limit queues",
    "run_schedule": "run schedules",
    "triage_errorgroup": "sort errors",
    "view_operation": "look at operations",
    "view_errorgroup": "look at errors",
    "view_queue": "look at queues",
    "view_schedule": "look at schedules",
    "view_worker": "look at workers",
}
"""The permissions of the app `jobs`, and what each allows, in words."""

FEW = 20
"""Jobs that somebody may retry at once who has no right to retry many: those of one person, for support."""


def may(user: Any, right: str) -> bool:
    """Tell whether somebody has a right."""
    return bool(user.is_active and user.has_perm(f"jobs.{right}"))


def require(user: Any, right: str) -> None:
    """Raise `PermissionDenied`, with a sentence, where somebody does not have a right."""
    if not may(user, right):
        raise PermissionDenied(f"You have no right to {RIGHTS[right]}.")


def for_action(action: str) -> str:
    """Give the right that an action on jobs takes."""
    return "edit_retry_job" if action == "edit_and_retry" else ACTIONS[action].right


def cap_of(user: Any) -> int | None:
    """Give how many jobs somebody may retry in one operation; None: as many as there are.

    The most that one of their groups allows (`JOBS_RETRY_CAPS`); a group that is not named there allows any number.
    """
    if user.is_superuser:
        return None
    if not may(user, "bulk_retry_job"):
        return FEW
    having = user.groups.filter(permissions__codename="bulk_retry_job", permissions__content_type__app_label="jobs")
    caps = [settings.JOBS_RETRY_CAPS.get(name) for name in having.values_list("name", flat=True)]
    return max((cap for cap in caps if cap is not None), default=None) if None not in caps else None


def refusal(user: Any, action: str, preview: Preview) -> str:
    """Say why somebody may not do this to that many jobs, or nothing where they may."""
    right = for_action(action)
    if not may(user, right):
        return f"You have no right to {RIGHTS[right]}."
    if action not in ("retry", "promote"):
        return ""
    cap = cap_of(user)
    if cap is not None and (preview.eligible > cap or preview.capped):
        number = f"{preview.eligible:,}{'+' if preview.capped else ''}"
        return f"These are {number} jobs; you may retry {cap:,} at once."
    if may(user, "bulk_retry_job") or preview.eligible <= 1:
        return ""
    if preview.users != 1 or preview.unowned:
        return "You may retry the jobs of one person at a time."
    return ""


def require_for(user: Any, action: str, preview: Preview) -> None:
    """Raise `PermissionDenied`, with a sentence, where somebody may not do this to that many jobs."""
    if why := refusal(user, action, preview):
        raise PermissionDenied(why)
