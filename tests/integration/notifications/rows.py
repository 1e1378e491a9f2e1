"""Rows of notifications for tests."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from django.utils import timezone

from habits.models import Habit, User
from notifications.addresses import Address, sealed
from notifications.domain.identity import delivery_id
from notifications.models import Delivery, Device, Notification, Reminder
from notifications.planning.agenda import schedule
from tests.factories import HabitFactory, UserFactory

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    """Give an instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def device_of(person: User, number: int = 1, **values: Any) -> Device:
    ciphertext, digest = sealed(Address(f"token-{number}"))
    given = {"platform": "android", "transport": "file", "registered_at": LONG_AGO, "last_seen_at": at("2026-03-09")}
    return Device.objects.create(user=person, address=ciphertext, address_hash=digest, **{**given, **values})


def reminder_of(habit: Habit, local_time: time, now: datetime, **values: Any) -> Reminder:
    """A reminder that a person has added for a habit, as of a moment."""
    reminder = Reminder(user=habit.user, kind="habit", habit=habit, local_time=local_time, **values)
    schedule(reminder, habit.user, now)
    reminder.save()
    return reminder


def habit_of(person: User, name: str = "Run", **values: Any) -> Habit:
    return HabitFactory(user=person, name=name, **values)


def deliveries_to(transport: str, tokens: list[str], **values: Any) -> list[Delivery]:
    """Deliveries that are due now, one to each of these addresses, each of another person."""
    people = User.objects.bulk_create([UserFactory.build() for _ in tokens])
    devices = Device.objects.bulk_create(map(partial(_device_to, transport), people, tokens))
    made = [_delivery_to(device, dict(values)) for device in devices]
    Notification.objects.bulk_create([delivery.notification for delivery in made])
    for delivery in made:
        delivery.notification_id = delivery.notification.pk
    return Delivery.objects.bulk_create(made)


def _device_to(transport: str, person: User, token: str) -> Device:
    ciphertext, digest = sealed(Address(token))
    now = timezone.now()
    return Device(
        user=person,
        platform="android",
        transport=transport,
        address=ciphertext,
        address_hash=digest,
        registered_at=now - timedelta(days=9),
        last_seen_at=now,
    )


def delivery_to(device: Device, **values: Any) -> Delivery:
    """A delivery that is due now: of a weekly report, which no habit makes pointless, unless told otherwise."""
    delivery = _delivery_to(device, values)
    delivery.notification.save()
    delivery.notification_id = delivery.notification.pk
    delivery.save(force_insert=True)
    return delivery


def _delivery_to(device: Device, values: dict[str, Any]) -> Delivery:
    now = timezone.now()
    not_after = values.pop("not_after", now + timedelta(hours=1))
    kind = values.pop("kind", "weekly_report")
    notification = Notification(
        user_id=device.user_id,
        kind=kind,
        occurrence_key=f"week:{uuid4()}",
        day=now.date(),
        fire_at=now,
        due_at=now,
        not_after=not_after,
        habits=values.pop("habits", []),
        facts={"done": 1, "due": 1, "rate": 100, "change": None},
        state="dispatched",
    )
    name = delivery_id(device.user_id, f"{kind}/{notification.occurrence_key}", f"device:{device.pk}")
    given = {"transport": device.transport, "next_at": now - timedelta(seconds=1), "not_after": not_after}
    return Delivery(id=name, notification=notification, device=device, **{**given, **values})
