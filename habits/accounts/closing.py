"""Closes accounts whose people delete them: unusable at once, and erased by a job. There is no way back."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.utils import timezone

from focusjobs.jobs import EnqueuedJob
from habits.models import ApiToken, User
from habits.tasks import erase_account


@transaction.atomic
def close_account(user: User) -> EnqueuedJob:
    """Shut an account and enqueue the job that erases it, all or nothing; repeating it finds the same job.

    Password, tokens and sessions end here, and nobody is reminded any more. A constraint of the database keeps the
    account shut, so that an operator cannot open it again.
    """
    locked = User.objects.select_for_update().get(pk=user.pk)
    if locked.closed_at is None:
        locked.closed_at, locked.is_active = timezone.now(), False
        locked.set_unusable_password()
        locked.save(update_fields=["closed_at", "is_active", "password"])
    ApiToken.objects.filter(user=locked).delete()
    for session in UserSession.objects.filter(user=locked):
        session.end()
    return erase_account.using(unique_key=f"account:{locked.pk}").enqueue(user_id=locked.pk)
