"""Whether and how people are told, decided at the moment of telling."""

from __future__ import annotations

import threading
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection

from habits import services as habits
from habits.models import Habit, User
from notifications.domain.due import spread
from notifications.models import Delivery, Device, InboxItem, Notification, Preference, Reminder
from notifications.planning.agenda import keep_in_step
from notifications.planning.dispatching import dispatch_due
from notifications.planning.firing import fire_due
from tests.factories import CompletionFactory, UserFactory

from .rows import at, device_of, habit_of, reminder_of

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 10)
MIDNIGHT = at("2026-03-09T23:00")
EIGHT = at("2026-03-10T07:00")
"""08:00 in Berlin."""
MOMENT = EIGHT + timedelta(seconds=30)


@pytest.fixture
def habit(person: User) -> Habit:
    return habit_of(person)


@pytest.fixture
def device(person: User) -> Device:
    return device_of(person)


def fired(habit: Habit, *, local_time: time = time(8), moment: datetime = EIGHT, **values: Any) -> Notification:
    """Let a reminder of a habit fire."""
    reminder = reminder_of(habit, local_time, MIDNIGHT, **values)
    fire_due(moment)
    return Notification.objects.get(reminder_id=reminder.pk)


def told(notification: Notification, moment: datetime = MOMENT, email: str = "email") -> tuple[str, str]:
    """Decide, and give state and reason."""
    dispatch_due(moment, email)
    notification.refresh_from_db()
    return notification.state, notification.reason


def prefer(person: User, kind: str = "", channel: str = "", **values: Any) -> None:
    Preference.objects.create(user=person, kind=kind, channel=channel, **values)


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


# --- Several in one --------------------------------------------------------------------------------------------------


def test_several_habits_of_one_moment_are_told_in_one(person: User, device: Device) -> None:
    names = ["Run", "Read", "Water"]
    notes = [fired(habit_of(person, name, position=place)) for place, name in enumerate(names)]
    dispatch_due(MOMENT, "")

    lead, *others = Notification.objects.filter(pk__in=[one.pk for one in notes]).order_by("pk")
    assert (lead.state, {other.state for other in others}) == ("dispatched", {"merged"})
    assert {other.merged_into_id for other in others} == {lead.pk}
    assert Delivery.objects.count() == 1
    item = InboxItem.objects.get()
    assert (item.title, item.body) == ("3 habits are due", "Run, Read and Water")


def test_what_is_done_is_not_named_among_several(person: User, device: Device) -> None:
    done = habit_of(person, "Done")
    CompletionFactory(habit=done, day=DAY)
    notes = [fired(done), fired(habit_of(person, "Run")), fired(habit_of(person, "Read"))]
    dispatch_due(MOMENT, "")

    states = [Notification.objects.get(pk=one.pk).state for one in notes]
    assert states == ["suppressed", "dispatched", "merged"]
    assert InboxItem.objects.get().body == "Run and Read"


def test_who_wants_no_digest_is_told_of_each(person: User, device: Device) -> None:
    prefer(person, digest=False)
    fired(habit_of(person, "Run"))
    fired(habit_of(person, "Read"))
    dispatch_due(MOMENT, "")

    assert Delivery.objects.count() == 2


def test_habits_of_different_moments_are_told_apart(person: User, device: Device) -> None:
    fired(habit_of(person, "Run"), local_time=time(7, 59))
    fired(habit_of(person, "Read"))
    dispatch_due(MOMENT, "")

    assert Delivery.objects.count() == 2


# --- Routines and streaks --------------------------------------------------------------------------------------------


def test_a_routine_names_what_is_open_in_its_category(person: User, device: Device) -> None:
    for name, category in (("Stretch", "morning"), ("Tea", "morning"), ("Piano", "evening")):
        habit_of(person, name, category=category)
    CompletionFactory(habit=Habit.objects.get(name="Tea"), day=DAY)
    Reminder.objects.create(user=person, kind="routine", label="Morning", category="morning", local_time=time(8))
    keep_in_step(person.pk, MIDNIGHT)
    fire_due(EIGHT)
    dispatch_due(MOMENT, "")

    item = InboxItem.objects.get()
    assert (item.title, item.body) == ("Morning", "One thing to do: Stretch")


def test_a_routine_that_is_done_is_not_told(person: User, device: Device) -> None:
    habit = habit_of(person)
    CompletionFactory(habit=habit, day=DAY)
    Reminder.objects.create(user=person, kind="routine", local_time=time(8))
    keep_in_step(person.pk, MIDNIGHT)
    fire_due(EIGHT)

    assert told(Notification.objects.get()) == ("suppressed", "done")


def streaks(person: User, **lengths: int) -> None:
    """Make daily habits that were done for so many days up to yesterday."""
    for name, length in lengths.items():
        habit = habit_of(person, name)
        for back in range(1, length + 1):
            CompletionFactory(habit=habit, day=DAY - timedelta(days=back))


def alerted(person: User) -> Notification:
    """Let the evening's streak alert come."""
    keep_in_step(person.pk, MIDNIGHT)
    evening = at("2026-03-10T19:00")
    fire_due(evening)
    dispatch_due(evening + timedelta(seconds=30), "")
    return Notification.objects.get(kind="streak_alert")


def test_a_streak_of_three_days_that_ends_today_is_worth_an_alert(person: User, device: Device) -> None:
    streaks(person, Run=3, Read=2)

    assert alerted(person).state == "dispatched"
    assert InboxItem.objects.get().title == "Run: 3 days in a row"


def test_one_alert_speaks_of_all_streaks_the_longest_first(person: User, device: Device) -> None:
    streaks(person, Run=3, Read=5, Water=4)
    notification = alerted(person)

    assert (notification.state, Delivery.objects.count()) == ("dispatched", 1)
    assert InboxItem.objects.get().body == "Still to do: Read, Water and Run"


def test_a_streak_longer_than_what_is_read_at_first_has_its_whole_length(person: User, device: Device) -> None:
    streaks(person, Run=75)
    alerted(person)

    assert InboxItem.objects.get().title == "Run: 75 days in a row"


def test_a_streak_that_goes_on_today_needs_no_alert(person: User, device: Device) -> None:
    streaks(person, Run=5)
    CompletionFactory(habit=Habit.objects.get(), day=DAY)

    assert alerted(person).reason == "no_streak"


def test_a_streak_that_ended_the_day_before_yesterday_is_over(person: User, device: Device) -> None:
    habit = habit_of(person)
    for back in range(2, 8):
        CompletionFactory(habit=habit, day=DAY - timedelta(days=back))

    assert alerted(person).reason == "no_streak"


def test_a_weekly_habit_that_is_covered_needs_no_alert(person: User, device: Device) -> None:
    habit = habit_of(person, freq_num=1, freq_den=7)
    for back in (3, 10, 17):
        CompletionFactory(habit=habit, day=DAY - timedelta(days=back))

    assert alerted(person).reason == "no_streak"


# --- Several workers -------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_several_workers_tell_each_person_once_and_keep_digests_whole() -> None:
    people = [UserFactory(timezone="Europe/Berlin") for _ in range(25)]
    for number, person in enumerate(people):
        device_of(person, number)
        for name in ("Run", "Read", "Water"):
            reminder_of(habit_of(person, name), time(8), MIDNIGHT)
    fire_due(EIGHT)
    barrier = threading.Barrier(4)

    def work() -> None:
        try:
            barrier.wait(timeout=30)
            while dispatch_due(MOMENT, "").taken:
                pass
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    dispatch_due(MOMENT, "")

    assert Delivery.objects.count() == len(people)
    assert set(InboxItem.objects.values_list("body", flat=True)) == {"Run, Read and Water"}
    assert not Notification.objects.filter(state="planned").exists()
