"""Whether and how people are told, decided at the moment of telling."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest

from habits import services as habits
from habits.models import Habit, User
from notifications.domain.due import spread
from notifications.models import Delivery, Device, InboxItem, Notification, Reminder
from notifications.planning.dispatching import dispatch_due
from notifications.planning.firing import fire_due
from tests.factories import CompletionFactory, UserFactory
from tests.threads import at_once

from .deciding import DAY, EIGHT, MIDNIGHT, MOMENT, fired, prefer, told
from .rows import at, device_of, habit_of, reminder_of

pytestmark = pytest.mark.django_db


# --- Told ------------------------------------------------------------------------------------------------------------


def test_an_open_habit_is_told_on_every_device_and_in_the_inbox(person: User, habit: Habit, device: Device) -> None:
    other = device_of(person, 2, platform="ios")
    notification = fired(habit)

    assert told(notification) == ("dispatched", "")
    assert notification.pushed
    assert set(Delivery.objects.values_list("device_id", "state")) == {(device.pk, "pending"), (other.pk, "pending")}
    item = InboxItem.objects.get()
    assert (item.title, item.data["habit_ids"], item.read_at) == ("Run", habit.client_id, None)


def test_it_is_decided_once(habit: Habit, device: Device) -> None:
    told(fired(habit))

    assert dispatch_due(MOMENT, "").taken == 0
    assert Delivery.objects.count() == 1


def test_nothing_is_decided_before_its_moment(habit: Habit, device: Device) -> None:
    fired(habit)

    assert dispatch_due(EIGHT - timedelta(seconds=1), "").taken == 0


# --- Pointless -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "record", "reason"),
    [
        ({}, {"value": 1000}, "done"),
        ({}, {"value": None, "skipped": True}, "done"),
        ({"weekdays": 0b1111101}, {}, "not_due"),
        ({"freq_num": 1, "freq_den": 7}, {"value": 1000, "day": DAY - timedelta(days=3)}, "done"),
        ({"kind": "measured", "target_value": 2.0}, {"value": 2000}, "done"),
        ({"kind": "measured", "target_value": 2.0}, {"value": None, "skipped": True}, "done"),
    ],
    ids=["done", "skipped", "other weekday", "covered", "target reached", "amount skipped"],
)
def test_nobody_is_reminded_of_what_needs_nothing(
    person: User, device: Device, fields: dict[str, Any], record: dict[str, Any], reason: str
) -> None:
    habit = habit_of(person, **fields)
    notification = fired(habit)
    if record:
        CompletionFactory(habit=habit, **{"day": DAY, **record})

    assert told(notification) == ("suppressed", reason)
    assert not Delivery.objects.exists()
    assert not InboxItem.objects.exists()


@pytest.mark.parametrize(
    ("fields", "record"),
    [
        ({}, {"value": 0}),
        ({}, {"value": 1000, "day": DAY - timedelta(days=1)}),
        ({"freq_num": 1, "freq_den": 7}, {"value": 1000, "day": DAY - timedelta(days=7)}),
        ({"kind": "measured", "target_value": 2.0}, {"value": 1999}),
        ({"kind": "measured", "target_type": "at_most", "target_value": 2.0}, {"value": 1000}),
        ({}, {"value": None, "note": "later"}),
    ],
    ids=["not done", "done yesterday", "no longer covered", "target not reached", "limit", "only a note"],
)
def test_what_is_left_to_do_is_reminded_of(
    person: User, device: Device, fields: dict[str, Any], record: dict[str, Any]
) -> None:
    habit = habit_of(person, **fields)
    notification = fired(habit)
    CompletionFactory(habit=habit, **{"day": DAY, **record})

    assert told(notification) == ("dispatched", "")


def test_a_habit_that_was_archived_meanwhile_is_not_reminded_of(habit: Habit, device: Device) -> None:
    notification = fired(habit)
    habits.update_habit(habit=habit, archived=True)

    assert told(notification) == ("suppressed", "archived")


def test_a_habit_that_was_deleted_meanwhile_is_not_reminded_of(habit: Habit, device: Device) -> None:
    notification = fired(habit)
    habits.delete_habit(habit=habit)

    assert told(notification) == ("suppressed", "gone")


def test_a_reminder_that_was_removed_or_turned_off_meanwhile_tells_nothing(habit: Habit, device: Device) -> None:
    off, gone = fired(habit), fired(habit, local_time=time(7, 59))
    Reminder.objects.filter(pk=off.reminder_id).update(enabled=False)
    Reminder.objects.filter(pk=gone.reminder_id).delete()

    assert told(off) == ("suppressed", "off")
    assert told(gone) == ("suppressed", "gone")


def test_an_account_that_is_not_active_is_told_nothing(person: User, habit: Habit, device: Device) -> None:
    notification = fired(habit)
    User.objects.update(is_active=False)

    assert told(notification) == ("suppressed", "inactive")


def test_what_was_left_until_it_is_too_late_is_not_told(habit: Habit, device: Device) -> None:
    assert told(fired(habit), EIGHT + timedelta(hours=2)) == ("suppressed", "expired")


# --- Wishes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "reason"),
    [({"muted_until": at("2026-03-11T00:00")}, "muted"), ({"max_per_day": 0}, "cap")],
)
def test_what_may_not_disturb_is_found_in_the_inbox(
    person: User, habit: Habit, device: Device, wish: dict[str, Any], reason: str
) -> None:
    prefer(person, **wish)

    assert told(fired(habit)) == ("suppressed", reason)
    assert not Delivery.objects.exists()
    assert InboxItem.objects.count() == 1


def test_without_a_device_there_is_the_inbox(habit: Habit) -> None:
    assert told(fired(habit)) == ("suppressed", "no_device")
    assert InboxItem.objects.count() == 1


def test_a_device_that_was_not_seen_for_sixty_days_gets_nothing(person: User, habit: Habit) -> None:
    device_of(person, last_seen_at=MOMENT - timedelta(days=61))

    assert told(fired(habit)) == ("suppressed", "no_device")


def test_a_kind_that_is_not_wanted_leaves_no_trace(person: User, habit: Habit, device: Device) -> None:
    prefer(person, kind="habit", enabled=False)

    assert told(fired(habit)) == ("suppressed", "unwanted")
    assert not InboxItem.objects.exists()


def test_who_wants_the_inbox_alone_gets_it_alone(person: User, habit: Habit, device: Device) -> None:
    prefer(person, kind="habit", channel="push", enabled=False)

    assert told(fired(habit)) == ("dispatched", "")
    assert (Delivery.objects.count(), InboxItem.objects.count()) == (0, 1)


def test_who_asks_for_mail_gets_mail(person: User, habit: Habit, device: Device) -> None:
    prefer(person, kind="habit", channel="email", enabled=True)

    assert told(fired(habit)) == ("dispatched", "")
    assert set(Delivery.objects.values_list("transport", "device_id")) == {("file", device.pk), ("email", None)}


def test_the_cap_counts_what_was_pushed_on_the_local_day(person: User, habit: Habit, device: Device) -> None:
    prefer(person, max_per_day=2)
    made = [fired(habit, local_time=time(7, minute)) for minute in (57, 58, 59)]
    dispatch_due(MOMENT, "")

    reasons = sorted(Notification.objects.filter(pk__in=[one.pk for one in made]).values_list("reason", flat=True))
    assert reasons == ["", "", "cap"]
    Notification.objects.update(day=DAY - timedelta(days=1))
    assert told(fired(habit)) == ("dispatched", "")


def test_quiet_hours_put_a_reminder_off_until_their_end(person: User, habit: Habit, device: Device) -> None:
    prefer(person, quiet_from=time(22), quiet_to=time(9))
    notification = fired(habit)

    assert told(notification) == ("planned", "")
    assert notification.due_at == at("2026-03-10T08:00") + spread(person.pk, timedelta(seconds=60))
    assert notification.not_after >= at("2026-03-10T10:00")
    assert told(notification, notification.due_at) == ("dispatched", "")


def test_quiet_hours_that_last_until_the_next_day_leave_it_to_the_inbox(
    person: User, habit: Habit, device: Device
) -> None:
    prefer(person, quiet_from=time(22), quiet_to=time(7))
    evening = at("2026-03-10T21:30")
    notification = fired(habit, local_time=time(22, 30), moment=evening)

    assert told(notification, evening + timedelta(seconds=30)) == ("suppressed", "quiet")
    assert InboxItem.objects.count() == 1


# --- Several workers -------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_several_workers_tell_each_person_once_and_keep_digests_whole() -> None:
    people = [UserFactory(timezone="Europe/Berlin") for _ in range(25)]
    for number, person in enumerate(people):
        device_of(person, number)
        for name in ("Run", "Read", "Water"):
            reminder_of(habit_of(person, name), time(8), MIDNIGHT)
    fire_due(EIGHT)

    def work() -> None:
        while dispatch_due(MOMENT, "").taken:
            pass

    at_once(*[work] * 4)
    dispatch_due(MOMENT, "")

    assert Delivery.objects.count() == len(people)
    assert set(InboxItem.objects.values_list("body", flat=True)) == {"Run, Read and Water"}
    assert not Notification.objects.filter(state="planned").exists()
