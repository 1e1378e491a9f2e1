"""What Prometheus is told beside jobs and statistics: sync, reminders, deliveries, providers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import time, timedelta
from typing import Any

import pytest
from django.conf import settings as project
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from focusjobs.health import heartbeat
from focusjobs.jobs.models import Tally
from focusjobs.jobs.telling.tally import BOUNDS, EVER
from focusjobs.jobs.worker import maintenance
from habits.models import SyncPush
from notifications.models import Delivery, Notification, ProviderState, Reminder
from notifications.transports import configure
from tests import tasks
from tests.factories import UserFactory
from tests.integration.habits.phones import Phone, habit
from tests.integration.notifications.rows import deliveries_to, habit_of, reminder_of
from tests.unit.production.commands import ROOT
from tests.unit.production.watching import OF_PROMETHEUS, expressions, groupings_in, metrics_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ways(settings: Any) -> Iterator[None]:
    settings.METRICS_TOKEN = "t"
    configure({"console": {}, "email": {"from_email": "focusjobs@example.com"}})
    yield
    configure(project.PUSH_TRANSPORTS)


def told(client: Client) -> dict[str, float]:
    """Give each sample as `name` or `name transport`."""
    text = client.get("/metrics", headers={"Authorization": "Bearer t"}).content.decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {" ".join([sample.name, *sample.labels.values()]): sample.value for sample in samples}


def test_nothing_is_late_where_nothing_is_due(client: Client) -> None:
    found = told(client)
    names = [
        *("sync_pushes_waiting", "sync_oldest_push_seconds", "reminders_due", "reminders_oldest_due_seconds"),
        *("notifications_due", "notifications_oldest_due_seconds", "deliveries_due console", "deliveries_due email"),
        *("deliveries_oldest_due_seconds console", "provider_broken console", "provider_paused email"),
    ]
    assert {name: found[name] for name in names} == dict.fromkeys(names, 0.0)


def test_pushes_that_wait_in_the_inbox_are_counted_with_the_age_of_the_oldest(client: Client) -> None:
    for number in range(4):
        Phone(UserFactory(), f"phone-{number}").push(habits=[habit()])
    merged, failed, old, _ = SyncPush.objects.order_by("id")
    SyncPush.objects.exclude(pk=merged.pk).update(merged_version=None, merged_at=None)
    SyncPush.objects.filter(pk=failed.pk).update(
        failed_at=timezone.now(), received_at=timezone.now() - timedelta(days=1)
    )
    SyncPush.objects.filter(pk=old.pk).update(received_at=timezone.now() - timedelta(minutes=10))
    found = told(client)
    assert found["sync_pushes_waiting"] == 2
    assert 600 <= found["sync_oldest_push_seconds"] < 660


def test_reminders_and_notifications_are_late_from_their_own_moments(client: Client) -> None:
    now = timezone.now()
    reminder_of(habit_of(UserFactory()), time(8), now)
    Reminder.objects.update(next_fire_at=now - timedelta(minutes=5))
    deliveries_to("console", ["a", "b"])
    Notification.objects.update(state="planned", due_at=now - timedelta(minutes=3))
    found = told(client)
    assert (found["reminders_due"], found["notifications_due"]) == (1, 2)
    assert 300 <= found["reminders_oldest_due_seconds"] < 360
    assert 180 <= found["notifications_oldest_due_seconds"] < 240


def test_deliveries_are_told_by_transport_and_only_those_that_may_go(client: Client) -> None:
    now = timezone.now()
    late, *_, sent, later = deliveries_to("console", ["a", "b", "c", "d"])
    Delivery.objects.filter(pk=late.pk).update(next_at=now - timedelta(minutes=2))
    Delivery.objects.filter(pk=sent.pk).update(state="sent")
    Delivery.objects.filter(pk=later.pk).update(next_at=now + timedelta(hours=1))
    found = told(client)
    assert (found["deliveries_due console"], found["deliveries_due email"]) == (2, 0)
    assert 120 <= found["deliveries_oldest_due_seconds console"] < 180


def test_a_provider_that_fails_or_is_held_back_is_told(client: Client) -> None:
    now = timezone.now()
    ProviderState.objects.create(transport="console", breaker="open", paused_until=now - timedelta(minutes=1))
    ProviderState.objects.create(transport="email", paused_until=now + timedelta(hours=1))
    found = told(client)
    assert [found[f"provider_{name}"] for name in ("broken console", "paused console")] == [1, 0]
    assert [found[f"provider_{name}"] for name in ("broken email", "paused email")] == [0, 1]


@pytest.fixture
def known(client: Client, monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """Every metric that is told where all that there can be is there, with its labels."""
    monkeypatch.setattr(heartbeat, "WORKERS", "focusjobs:workers:of-the-metrics-of-production")
    heartbeat.beat("worker@metrics")
    maintenance.keep_house()
    tasks.add.enqueue(x=1, y=1)
    counts = [1] * (len(BOUNDS) + 1)
    Tally.objects.create(minute=EVER, task="a", queue="default", run_buckets=counts, wait_buckets=counts)
    text = client.get("/metrics", headers={"Authorization": "Bearer t"}).content.decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {sample.name: set(sample.labels) for sample in samples}


def test_panels_and_alerts_ask_for_what_is_told(known: dict[str, set[str]]) -> None:
    known |= OF_PROMETHEUS
    assert len(expressions()) > 50
    for name, expression in expressions().items():
        asked = metrics_in(expression)
        assert asked, name
        assert asked.keys() <= known.keys(), name
        assert all(labels <= known[metric] for metric, labels in asked.items()), name
        assert groupings_in(expression) <= {label for metric in asked for label in known[metric]}, name


def test_every_metric_that_is_told_is_drawn_or_alerted_on(known: dict[str, set[str]]) -> None:
    asked = {metric for expression in expressions().values() for metric in metrics_in(expression)}
    parts = {name for name in known if name.endswith(("_sum", "_count", "_bucket"))}
    assert known.keys() - parts <= asked


def test_every_metric_that_is_told_is_in_the_document(known: dict[str, set[str]]) -> None:
    section = re.search(r"^## Metrics\n(.*?)^## ", (ROOT / "docs/operations.md").read_text(), re.MULTILINE | re.DOTALL)
    assert section
    named = set(re.findall(r"`([a-z_]+)`", "\n".join(re.findall(r"^\|([^|]+)\|", section[1], re.MULTILINE))))
    assert {re.sub(r"_(sum|count|bucket)$", "", name) for name in known} == named
