"""Several habits are told of in one: those of a moment, of a routine, and those whose streaks end."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from habits.models import Habit, User
from notifications.models import Delivery, Device, InboxItem, Notification, Reminder
from notifications.planning.agenda import keep_in_step
from notifications.planning.dispatching import dispatch_due
from notifications.planning.firing import fire_due
from tests.factories import CompletionFactory

from .deciding import DAY, EIGHT, MIDNIGHT, MOMENT, fired, prefer, told
from .rows import at, habit_of

pytestmark = pytest.mark.django_db


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
