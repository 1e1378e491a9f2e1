"""Numbers by which apps tell whether a row is still as they read it.

No column counts the changes: reminders are moved on by thousands in one statement, which need not count for readers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model

from focusjobs.rest.versions import version_of_text
from notifications.domain.choice import Choice
from notifications.models import Device, Reminder

SHOWN: Mapping[type[Model], tuple[str, ...]] = MappingProxyType(
    {
        Reminder: (
            *("kind", "origin", "habit_id", "label", "category", "local_time", "weekdays", "timezone", "enabled"),
            *("next_fire_at", "snooze_until"),
        ),
        Device: (
            *("platform", "transport", "app", "locale", "app_version", "state", "retired_reason"),
            *("registered_at", "last_seen_at"),
        ),
    }
)
"""What a person sees of a row."""


def version_of_choice(choice: Choice) -> int:
    """Give the number of what holds for a kind and a channel, whichever rule settles it."""
    return version_of_text(json.dumps(asdict(choice), cls=DjangoJSONEncoder))


def version_of(row: Reminder | Device) -> int:
    """Give the number of a row as a person sees it: another one once they would see it otherwise."""
    shown = json.dumps([getattr(row, name) for name in SHOWN[type(row)]], cls=DjangoJSONEncoder)
    return version_of_text(shown)
