"""What Prometheus is told of sync: how far merging is behind what phones have pushed."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from habits.models import SyncPush

CAP = 5_000
"""Up to here pushes are counted."""


class SyncCollector(Collector):
    """Reads the inbox at each scrape. Raises `django.db.Error`."""

    def collect(self) -> Iterator[Metric]:
        """Give how many pushes wait, and for how long. Index: sync_push_waiting, of these alone."""
        waiting = SyncPush.objects.filter(merged_version=None, failed_at=None).order_by("user_id", "id")[:CAP]
        found = waiting.values("received_at").aggregate(pushes=Count("received_at"), oldest=Min("received_at"))
        age = (timezone.now() - found["oldest"]).total_seconds() if found["oldest"] else 0.0
        yield GaugeMetricFamily("sync_pushes_waiting", f"Pushes to be merged; up to {CAP:,}.", value=found["pushes"])
        yield GaugeMetricFamily("sync_oldest_push_seconds", "How long the oldest of them waits.", value=max(0.0, age))
