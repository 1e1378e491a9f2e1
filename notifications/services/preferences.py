"""Writes what people want to be told."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any, TypedDict, Unpack

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction

from habits.models import User
from habits.services.seen import Seen, require_seen
from notifications.delivery.messages import UNSUBSCRIBE_SALT
from notifications.models import Preference
from notifications.selectors.preferences import choices_of, effective
from notifications.selectors.versions import version_of_choice


class PreferenceFields(TypedDict, total=False):
    """What can be settled; meanings as in `notifications.models.Preference`, None settles nothing."""

    enabled: bool | None
    quiet_from: time | None
    quiet_to: time | None
    max_per_day: int | None
    digest: bool | None
    muted_until: datetime | None
    private: bool | None


@transaction.atomic
def set_preference(
    *, user: User, kind: str, channel: str, seen: Seen = None, **fields: Unpack[PreferenceFields]
) -> Preference:
    """Settle points for a kind and a channel, either of which may be "" for all; what is not named stays.

    Raises `OutOfDate` where what holds there is not what was seen.
    """
    _require_seen(user, kind, channel, seen)
    row = Preference.objects.filter(user=user, kind=kind, channel=channel).first()
    row = row or Preference(user=user, kind=kind, channel=channel)
    for name, value in fields.items():
        setattr(row, name, value)
    if (row.quiet_from is None) != (row.quiet_to is None):
        raise ValidationError({"quiet_to": "Quiet hours have a beginning and an end."})
    row.clean_fields(exclude={"user"})
    row.save()
    return row


@transaction.atomic
def clear_preference(*, user: User, kind: str, channel: str, seen: Seen = None) -> None:
    """Settle nothing more for a kind and a channel, so that what is more general holds. Raises `OutOfDate`."""
    _require_seen(user, kind, channel, seen)
    Preference.objects.filter(user=user, kind=kind, channel=channel).delete()


def _require_seen(user: User, kind: str, channel: str, seen: Seen) -> None:
    """Lock a person's preferences, and compare what holds with what was seen. Raises `OutOfDate`."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if seen is not None:
        require_seen(version_of_choice(effective(choices_of(user), kind, channel)), seen)


def unsubscribe(token: str) -> str:
    """End e-mails of a kind, as a link in one of them asks, and give the kind. Raises `signing.BadSignature`."""
    found: Any = signing.loads(token, salt=UNSUBSCRIBE_SALT)
    user_id, kind = found
    user = User.objects.filter(pk=user_id).first()
    if user is not None:
        set_preference(user=user, kind=kind, channel=Preference.Channel.EMAIL, enabled=False)
    return str(kind)
