"""What Prometheus is told of reminders: how late they are at each step on their way, and how providers are doing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Min, QuerySet
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from notifications import clock
from notifications.models import Delivery, Notification, ProviderState, Reminder
from notifications.transports import configured

CAP = 5_000
"""Up to here rows are counted."""


class ReminderCollector(Collector):
    """Reads what is due and no more, at each scrape. Raises `django.db.Error`."""

    def collect(self) -> Iterator[Metric]:
        """Give every metric of reminders and their delivery."""
        now = clock.now()
        yield from _behind("reminders", "Reminders whose time has come", Reminder.objects, "next_fire_at", now)
        planned = Notification.objects.filter(state=Notification.State.PLANNED)
        yield from _behind("notifications", "Planned notifications to be decided about", planned, "due_at", now)
        yield from _deliveries(now)
        yield from _providers(now)


def _behind(name: str, what: str, rows: Any, column: str, now: datetime) -> Iterator[Metric]:
    """Give how many rows are due, and how late the oldest is. Indexes: reminder_due, notification_due."""
    count, late = _due(rows.filter(**{f"{column}__lte": now}), column, now)
    yield GaugeMetricFamily(f"{name}_due", f"{what}; up to {CAP:,}.", value=count)
    yield GaugeMetricFamily(f"{name}_oldest_due_seconds", "How late the oldest of them is.", value=late)


def _deliveries(now: datetime) -> Iterator[Metric]:
    """Give what is due by transport. Index: delivery_pending."""
    due = GaugeMetricFamily("deliveries_due", f"Messages to be sent now; up to {CAP:,}.", labels=("transport",))
    oldest = GaugeMetricFamily(
        "deliveries_oldest_due_seconds", "How late the oldest of them is.", labels=("transport",)
    )
    for transport in sorted(configured()):
        pending = Delivery.objects.filter(state=Delivery.State.PENDING, transport=transport, next_at__lte=now)
        count, late = _due(pending, "next_at", now)
        due.add_metric((transport,), count)
        oldest.add_metric((transport,), late)
    yield due
    yield oldest


def _providers(now: datetime) -> Iterator[Metric]:
    labels = ("transport",)
    broken = GaugeMetricFamily("provider_broken", "1 while nothing is sent, as the provider fails.", labels=labels)
    paused = GaugeMetricFamily("provider_paused", "1 while operators want nothing sent.", labels=labels)
    states = {state.transport: state for state in ProviderState.objects.all()}
    for transport in sorted(configured()):
        state = states.get(transport, ProviderState(transport=transport))
        broken.add_metric((transport,), state.breaker != ProviderState.Breaker.CLOSED)
        paused.add_metric((transport,), state.paused_until is not None and state.paused_until > now)
    yield broken
    yield paused


def _due(rows: QuerySet[Any], column: str, now: datetime) -> tuple[int, float]:
    oldest = rows.order_by().aggregate(oldest=Min(column))["oldest"]
    return rows.order_by(column)[:CAP].count(), (now - oldest).total_seconds() if oldest else 0.0
