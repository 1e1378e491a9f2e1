"""Compares the stored statistics of some people each night with what all of their records come to."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date

from django.db.models import F
from django.db.models.functions import Mod
from django.utils import timezone

from analytics.models import Drift, Inspection, UserClock
from analytics.rollups.differences import Difference
from analytics.rollups.rebuilding import inspect, rebuild
from analytics.selectors.history import history_alias

logger = logging.getLogger(__name__)

NIGHTS = 30
"""Every person is compared once in so many nights."""

BATCH = 50
MAX_TEXT = 500


def inspect_night(night: date) -> Iterator[Inspection]:
    """Compare a thirtieth of all people, in batches; goes on after the last one where it was stopped.

    What differs on the replica is compared again on the primary, under the lock of the person's clock, so that nothing
    which is under way counts as drift. What still differs is put right and noted.
    """
    inspection, _ = Inspection.objects.get_or_create(night=night)
    while users := _next_users(inspection):
        for user_id in users:
            _inspect_person(inspection, user_id)
        inspection.last_user = users[-1]
        inspection.save()
        yield inspection
    inspection.ended_at = inspection.ended_at or timezone.now()
    inspection.save()


def _next_users(inspection: Inspection) -> list[int]:
    clocks = UserClock.objects.annotate(place=Mod(F("user_id"), NIGHTS))
    mine = clocks.filter(place=inspection.night.toordinal() % NIGHTS, user_id__gt=inspection.last_user)
    return list(mine.order_by("user_id").values_list("user_id", flat=True)[:BATCH])


def _inspect_person(inspection: Inspection, user_id: int) -> None:
    found = inspect(user_id, history_alias())
    if found is None:
        return
    inspection.users += 1
    inspection.habits += len(found.traced)
    inspection.days += found.days
    if not found.differences:
        return
    again = rebuild(user_id)
    differences = again.differences if again else []
    inspection.drifts += len(differences)
    note_drift(user_id, differences, inspection)


def note_drift(user_id: int, differences: list[Difference], inspection: Inspection | None = None) -> None:
    """Keep what differed, for operators, and log that it did."""
    Drift.objects.bulk_create(
        Drift(
            inspection=inspection,
            user_id=user_id,
            habit=one.habit,
            day=one.day,
            what=one.what,
            stored=str(one.stored)[:MAX_TEXT],
            expected=str(one.expected)[:MAX_TEXT],
        )
        for one in differences
    )
    if differences:
        logger.error("statistics drifted", extra={"user_id": user_id, "differences": len(differences)})
