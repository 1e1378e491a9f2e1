"""What the habits app does when rows of its own go."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import pre_delete
from django.dispatch import receiver

from habits.merging import allow_erasing
from habits.models import User


@receiver(pre_delete, sender=User, dispatch_uid="habits.erase_with_account")
def erase_with_account(**_: Any) -> None:
    """Let the habits of an account be deleted with it, which is no edit that its phones would have to learn of."""
    allow_erasing()
