"""From a habit's reminder time to what the phone gets."""

from __future__ import annotations

import json
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from habits import services
from habits.models import User
from notifications.delivery.sending import send_due
from notifications.models import Delivery, Device, InboxItem, Notification, Reminder
from notifications.planning.agenda import keep_in_step
from notifications.planning.dispatching import dispatch_due
from notifications.planning.firing import fire_due

from .rows import at, device_of

pytestmark = pytest.mark.django_db


def test_a_habits_reminder_reaches_the_phone_at_its_local_minute(person: User, sent_file: Path, clock: Any) -> None:
    device_of(person)
    services.create_habit(user=person, client_id="run", name="Run", question="Did you run?", reminder_time=time(8))
    keep_in_step(person.pk, at("2026-03-10T06:00"))

    assert fire_due(at("2026-03-10T06:59:59")).taken == 0
    moment = at("2026-03-10T07:00:00")
    fired = fire_due(moment)
    notification = Notification.objects.get()
    assert (fired.taken, notification.fire_at, notification.state) == (1, moment, "planned")
    assert timedelta(0) <= notification.due_at - moment < timedelta(seconds=30)

    dispatched = dispatch_due(notification.due_at, "email")
    assert dispatched.transports == {"file"}
    with clock(notification.due_at):
        progress = send_due("file", 5)

    assert progress.counts == {"sent": 1}
    message = json.loads(sent_file.read_text())
    assert (message["title"], message["body"]) == ("Run", "Did you run?")
    assert message["data"]["habit_ids"] == "run"
    assert message["delivery_id"] == str(Delivery.objects.get().pk)
    assert InboxItem.objects.get().title == "Run"
    habits_own = Reminder.objects.get(origin="habit")
    assert (habits_own.next_fire_at, habits_own.next_local_date.isoformat()) == (at("2026-03-11T07:00"), "2026-03-11")
    assert Device.objects.get().state == "active"
