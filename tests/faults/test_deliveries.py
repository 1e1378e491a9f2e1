"""Senders are killed at random in the middle of their batches: everybody sees each notification exactly once.

`DELIVERIES=3000` makes the storm larger than it is in the suite.
"""

from __future__ import annotations

import os
import random
import signal
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from habits.models import User
from notifications.addresses import Address, sealed
from notifications.domain.identity import delivery_id
from notifications.models import Delivery, Device, Notification
from tests.providers import Providers
from tests.senders import Sender
from tests.services import guard_mark
from tests.workers import eventually

NUMBER = int(os.environ.get("DELIVERIES", "400"))
SHORT_LIVED = NUMBER // 5
"""Deliveries whose time is over while the storm goes on."""
KILLS = max(3, NUMBER // 250)


@pytest.fixture
def providers() -> Iterator[Providers]:
    with Providers.start() as providers:
        providers.set("fcm", seconds=1.0)  # so that there is always something under way
        yield providers


class Senders:
    """Two processes that send, and a spare one for each that will be killed."""

    def __init__(self, make: Callable[[], Sender], spares: int) -> None:
        self.all = [make().start(wait=False) for _ in range(2 + spares)]
        self.spare = [sender.wait_until_ready() for sender in self.all]
        self.running: list[Sender] = []

    def start(self) -> None:
        """Let one more begin."""
        sender = self.spare.pop()
        sender.begin()
        self.running.append(sender)

    def kill_one(self, dice: random.Random) -> bool:
        """Kill one that is in the middle of a batch, and let another begin; tell whether there was one."""
        victim = dice.choice(self.running)
        victim.signal_all(signal.SIGSTOP)
        if not Delivery.objects.filter(state="claimed", claimed_by__endswith=f":{victim.pid}").exists():
            victim.signal_all(signal.SIGCONT)
            return False
        victim.kill()
        self.running.remove(victim)
        self.start()
        return True

    def end(self) -> None:
        """Kill them all."""
        for sender in self.all:
            sender.kill()


@pytest.fixture
def senders(
    transactional_db: None,
    providers: Providers,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Senders]:
    mark = guard_mark(request.config)
    transports = {"fcm": providers.options("fcm")}
    senders = Senders(lambda: Sender(tmp_path_factory.mktemp("sender"), mark, "fcm", transports, lease=2), KILLS)
    yield senders
    senders.end()


def planned(number: int, not_after: datetime, prefix: str) -> list[Delivery]:
    """Deliveries that are due, each to a device of its own."""
    now = timezone.now()
    person = User.objects.create(email=f"{prefix}@example.com")
    devices, notifications = [], []
    for place in range(number):
        ciphertext, digest = sealed(Address(f"{prefix}-{place}"))
        common = {"platform": "android", "transport": "fcm", "registered_at": now, "last_seen_at": now}
        devices.append(Device(user=person, address=ciphertext, address_hash=digest, **common))
        times = {"day": now.date(), "fire_at": now, "due_at": now, "not_after": not_after}
        facts: dict[str, Any] = {"done": 1, "due": 1, "rate": 100, "change": None}
        key = f"week:{prefix}-{place}"
        notifications.append(
            Notification(
                user=person, kind="weekly_report", occurrence_key=key, state="dispatched", facts=facts, **times
            )
        )
    Device.objects.bulk_create(devices)
    Notification.objects.bulk_create(notifications)
    return [
        Delivery(
            id=delivery_id(person.pk, f"weekly_report/{notification.occurrence_key}", f"device:{device.pk}"),
            notification=notification,
            device=device,
            transport="fcm",
            next_at=now,
            not_after=not_after,
        )
        for device, notification in zip(devices, notifications, strict=True)
    ]


def is_settled() -> bool:
    return not Delivery.objects.filter(state__in=["pending", "claimed"]).exists()


def test_whoever_is_killed_each_notification_is_seen_once_and_never_too_late(
    providers: Providers, senders: Senders
) -> None:
    dice = random.Random(6)  # noqa: S311  which of two is killed
    lasting = planned(NUMBER, timezone.now() + timedelta(hours=1), "lasting")
    short = planned(SHORT_LIVED, timezone.now() + timedelta(seconds=4), "short")
    Delivery.objects.bulk_create([*lasting, *short])
    for _ in range(2):
        senders.start()

    for kill in range(KILLS):
        enough = NUMBER * kill // (KILLS + 4)
        eventually(lambda enough=enough: Delivery.objects.filter(state="sent").count() >= enough, seconds=60)
        eventually(lambda: senders.kill_one(dice), seconds=60)
    eventually(is_settled, seconds=120)

    assert Delivery.objects.filter(attempts__gt=1).exists()  # somebody's batch was cut off
    accepted = providers.accepted("fcm")
    identities: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for one in accepted:
        message = one["message"]
        tag = message["android"]["notification"]["tag"]
        identities[message["data"]["delivery_id"]].add((one["address"], tag))
    assert {name for name in identities if len(identities[name]) > 1} == set()  # a repetition replaces the first
    visible = {shown for seen in identities.values() for shown in seen}
    assert len(visible) == len(identities)
    assert {str(delivery.pk) for delivery in lasting} <= identities.keys()

    expiries = {str(name): moment for name, moment in Delivery.objects.values_list("pk", "not_after")}
    for one in accepted:
        taken_at = int(one["name"].rpartition(":")[2]) / 1e9
        assert taken_at < expiries[one["message"]["data"]["delivery_id"]].timestamp()
    assert set(Delivery.objects.values_list("state", flat=True)) <= {"sent", "expired", "unknown"}
    assert not Delivery.objects.filter(pk__in=[one.pk for one in lasting], state="expired").exists()
    print(f"{len(accepted)} accepted for {len(identities)} deliveries after {KILLS} kills")  # noqa: T201
