"""Whom notifications go to: their days, what they want, and their devices. Read for many people at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from django.db.models import Count

from habits.models import User
from notifications.domain.choice import Choice
from notifications.models import Device, Notification, Preference

STALE = timedelta(days=60)
"""After so long unseen a device gets no notifications: the app is most likely gone, or not wanted any more."""

PERSON_COLUMNS = ("email", "is_active", "timezone", "day_start", "locale")


def people_with(user_ids: Iterable[int]) -> dict[int, User]:
    """Give people by number, with what notifications need of them."""
    return User.objects.only(*PERSON_COLUMNS).in_bulk(list(user_ids))


def rules_of(user_ids: Iterable[int]) -> Mapping[int, dict[tuple[str, str], Choice]]:
    """Give what people have settled, by person."""
    found: dict[int, dict[tuple[str, str], Choice]] = defaultdict(dict)
    for row in Preference.objects.filter(user__in=list(user_ids)):
        found[row.user_id][row.kind, row.channel] = row.choice
    return found


def reachable_devices(user_ids: Iterable[int], now: datetime) -> Mapping[int, list[Device]]:
    """Give the devices that can be sent to, by person."""
    rows = Device.objects.filter(user__in=list(user_ids), state=Device.State.ACTIVE, last_seen_at__gt=now - STALE)
    found: dict[int, list[Device]] = defaultdict(list)
    for device in rows.only("user_id", "transport").order_by("pk"):
        found[device.user_id].append(device)
    return found


def pushes_on(days: Mapping[int, date]) -> dict[int, int]:
    """Give how many notifications went to people's devices on their day. Index: notification_occurrence_unique."""
    rows = Notification.objects.filter(user__in=list(days), pushed=True, day__in=set(days.values()))
    counts = rows.order_by().values_list("user_id", "day").annotate(Count("pk"))
    return {user_id: count for user_id, day, count in counts if days[user_id] == day}
