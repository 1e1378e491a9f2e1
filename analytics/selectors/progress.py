"""How far the close has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Max, Min, Q

from analytics.models import UserClock

from .history import history_alias


@dataclass(frozen=True, slots=True)
class ZoneProgress:
    """How far the people of a time zone are closed."""

    zone: str
    people: int
    due: int
    """Those whose open day is over."""
    oldest: datetime | None
    """Since when the longest of them waits."""
    closed_from: date
    """The least of their last closed days …"""
    closed_to: date
    """… and the greatest."""
    next_at: datetime
    """When the next day ends."""


def progress_by_zone(now: datetime) -> list[ZoneProgress]:
    """Give the progress of every time zone, those that wait longest first. Reads all clocks, on the replica."""
    over = Q(next_rollover_at__lte=now)
    zones = (
        UserClock.objects.using(history_alias())
        .values("zone")
        .annotate(
            people=Count("*"),
            due=Count("pk", filter=over),
            oldest=Min("next_rollover_at", filter=over),
            closed_from=Min("last_closed"),
            closed_to=Max("last_closed"),
            next_at=Min("next_rollover_at"),
        )
    )
    found = [ZoneProgress(**zone) for zone in zones]
    return sorted(found, key=lambda zone: (zone.oldest or zone.next_at, zone.zone))
