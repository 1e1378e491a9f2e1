"""What Prometheus is told of statistics: how far the close is behind, and what the nightly comparison found."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Min
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from analytics.models import DirtyMark, Inspection, UserClock

CAP = 5_000
"""Up to here people are counted."""


class StatisticsCollector(Collector):
    """Reads a few rows at each scrape. Raises `django.db.Error`."""

    def collect(self) -> Iterator[Metric]:
        """Give every metric of statistics."""
        now = timezone.now()
        due = UserClock.objects.filter(next_rollover_at__lte=now).order_by("next_rollover_at")[:CAP].count()
        oldest = UserClock.objects.aggregate(oldest=Min("next_rollover_at"))["oldest"]
        late = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
        yield GaugeMetricFamily("statistics_days_due", f"People whose day is over; up to {CAP:,}.", value=due)
        yield GaugeMetricFamily("statistics_oldest_due_seconds", "How long the oldest such day waits.", value=late)
        marks = DirtyMark.objects.order_by()[:CAP].count()
        yield GaugeMetricFamily("statistics_marks", f"Changes to be followed; up to {CAP:,}.", value=marks)
        yield from _inspections()


def _inspections() -> Iterator[Metric]:
    nights = Inspection.objects.values_list("users", "drifts")
    found = list(nights)
    users = sum(users for users, _ in found)
    drifts = sum(drifts for _, drifts in found)
    yield CounterMetricFamily("statistics_compared_people", "People compared with their records.", value=users)
    yield CounterMetricFamily("statistics_drifts", "Statistics that differed from the records.", value=drifts)
