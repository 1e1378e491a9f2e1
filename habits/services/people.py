"""What a person sets of themselves."""

from __future__ import annotations

from typing import Any, TypedDict, Unpack

from django.db import transaction

from habits.domain.territory import first_weekday_of_locale
from habits.models import User, assign
from habits.selectors import profile_version
from habits.signals import profile_changed

from .seen import Seen, require_seen


class ProfileFields(TypedDict, total=False):
    """What a person can set of themselves; meanings as in `habits.models.User`."""

    name: str
    timezone: str
    day_start: int
    week_start: int
    locale: str


@transaction.atomic
def update_profile(*, user: User, seen: Seen = None, **fields: Unpack[ProfileFields]) -> User:
    """Change a person's settings. The first day of the week follows the locale until it is set to another.

    Raises `OutOfDate` where no version that was seen is the one of `habits.selectors.profile_version`.
    """
    values: dict[str, Any] = dict(fields)
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    require_seen(profile_version(locked), seen)
    if "locale" in values and locked.week_start == first_weekday_of_locale(locked.locale):
        values.setdefault("week_start", first_weekday_of_locale(values["locale"]))
    if changed := assign(locked, values):
        locked.clean_fields(exclude={field.name for field in User._meta.fields} - changed)
        locked.save(update_fields=changed)
        profile_changed.send(sender=User, user_id=locked.pk, fields=changed)
    return locked
