"""The jobs between a reminder and its delivery: each has the next one done, and what was left behind is found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from focusjobs.jobs.models import Job
from habits.models import User
from habits.signals import CountedWeek, weeks_counted
from notifications import tasks
from notifications.domain.due import spread
from notifications.models import Delivery, Device, InboxItem, Notification, ProviderState, Reminder
from notifications.planning import statements
from notifications.services import send_test
from tests.factories import UserFactory

from .rows import at, delivery_to, device_of, habit_of, reminder_of

pytestmark = pytest.mark.django_db

EIGHT = at("2026-03-09T07:00")
"""08:00 in Berlin, a Monday."""


@pytest.fixture
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifications.clock.now", timezone.now)


@pytest.fixture
def travel(_clock: None) -> Iterator[Any]:
    with time_machine.travel(EIGHT, tick=True) as traveller:
        yield traveller


def jobs(name: str) -> list[Job]:
    return list(Job.objects.filter(task=f"notifications.{name}").order_by("run_at"))


def test_the_minutes_job_leads_to_a_message_through_the_jobs_that_it_enqueues(
    sent_file: Path, travel: Any, settings: Any
) -> None:
    late = next(number for number in count(10**6) if spread(number, settings.PUSH_SPREAD) > timedelta(seconds=20))
    person = UserFactory(pk=late, timezone="Europe/Berlin")  # so that the moment is not over when the job comes to it
    device_of(person)
    reminder_of(habit_of(person), time(8), EIGHT - timedelta(hours=1))

    assert tasks.plan_reminders() == 1
    notification = Notification.objects.get()
    dispatch = jobs("dispatch_notifications")[0]
    assert timedelta(0) <= dispatch.run_at - notification.due_at <= timedelta(seconds=tasks.SLOT)
    travel.move_to(dispatch.run_at)
    assert tasks.dispatch_notifications() == 1
    assert [job.arguments for job in jobs("deliver")] == [{"transport": "file"}]
    assert tasks.deliver(transport="file") == {"sent": 1}
    assert "Run" in sent_file.read_text()


def test_every_moment_has_a_job_at_its_slot_however_many_batches_there_are(
    travel: Any, sent_file: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = statements.DUE_REMINDERS.replace(f"LIMIT {statements.FIRED_AT_ONCE}", "LIMIT 2")
    monkeypatch.setattr("notifications.planning.firing.FIRED_AT_ONCE", 2)
    monkeypatch.setattr("notifications.planning.firing.DUE_REMINDERS", few)
    settings.PUSH_SPREAD = timedelta(hours=1)
    for _ in range(9):
        habit = habit_of(UserFactory(timezone="Europe/Berlin"))
        reminder_of(habit, time(8), EIGHT - timedelta(hours=1))

    assert tasks.plan_reminders() == 9
    moments = Notification.objects.filter(due_at__gt=timezone.now()).values_list("due_at", flat=True)
    wanted = sorted({tasks._slot_of(moment) for moment in moments})
    made = [job.run_at.timestamp() for job in jobs("dispatch_notifications")]
    assert len(wanted) > 2
    assert [at for at in made if at in wanted] == wanted


def test_when_nothing_is_due_nothing_is_enqueued(travel: Any, sent_file: Path) -> None:
    assert (tasks.plan_reminders(), tasks.dispatch_notifications()) == (0, 0)
    assert tasks.tend_deliveries() == {"lost": 0, "expired": 0}
    assert not Job.objects.exists()


def test_what_was_put_off_is_dispatched_by_the_minutes_job(person: User, travel: Any) -> None:
    Notification.objects.create(
        user=person,
        kind="test",
        occurrence_key="t",
        day=EIGHT,
        fire_at=EIGHT,
        due_at=EIGHT,
        not_after=EIGHT + timedelta(hours=1),
    )
    tasks.plan_reminders()

    assert len(jobs("dispatch_notifications")) == 1


def test_what_was_left_behind_is_sent(person: User, sent_file: Path) -> None:
    delivery_to(device_of(person))
    tasks.tend_deliveries()

    assert [job.arguments for job in jobs("deliver")] == [{"transport": "file"}]


def test_where_the_transport_must_wait_another_job_goes_on_later(person: User, sent_file: Path) -> None:
    delivery_to(device_of(person))
    ProviderState.objects.create(transport="file", paused_until=timezone.now() + timedelta(hours=5))
    tasks.deliver(transport="file")

    (later,) = jobs("deliver")
    assert later.state == "delayed"
    assert later.run_at - timezone.now() <= timedelta(minutes=1)


def test_a_test_is_dispatched_at_once(person: User) -> None:
    send_test(user=person)

    assert [job.state for job in jobs("dispatch_notifications")] == ["waiting"]


# --- The weekly report -----------------------------------------------------------------------------------------------

WEEK, SUNDAY = date(2026, 3, 2), date(2026, 3, 8)
FACTS = {"done": 18, "due": 21, "rate": 86, "change": 5}


def week_of(person: User, last: date = SUNDAY, **facts: Any) -> CountedWeek:
    return CountedWeek(person.pk, WEEK, last, {**FACTS, **facts})


def announce(*weeks: CountedWeek) -> Notification | None:
    """Have weeks told, by the jobs that the signal leads to."""
    Job.objects.all().delete()
    weeks_counted.send(sender=None, weeks=list(weeks))
    for job in jobs("announce_weeks"):
        tasks.announce_weeks(**job.arguments)
    return Notification.objects.filter(kind="weekly_report").first()


def test_weeks_that_were_counted_are_announced_in_the_same_transaction_500_by_a_job(person: User) -> None:
    weeks = [CountedWeek(number, WEEK, SUNDAY, FACTS) for number in range(1, 1102)]
    with CaptureQueriesContext(connection) as captured:
        weeks_counted.send(sender=None, weeks=weeks)

    assert len(captured) == 1
    assert [len(job.arguments["weeks"]) for job in jobs("announce_weeks")] == [500, 500, 101]
    assert jobs("announce_weeks")[0].arguments["weeks"][0] == [1, "2026-03-02", "2026-03-08", FACTS]


def test_who_is_gone_or_wants_no_report_is_left_out_of_the_many_who_are_told(travel: Any) -> None:
    people = UserFactory.create_batch(20, timezone="Europe/Berlin")
    Reminder.objects.create(user=people[3], kind="weekly_report", enabled=False, local_time=time(9), timezone="UTC")
    weeks = [week_of(one) for one in people]
    people[5].delete()
    with CaptureQueriesContext(connection) as captured:
        announce(*weeks)

    told = set(Notification.objects.values_list("user", flat=True))
    assert told == {one.pk for n, one in enumerate(people) if n not in (3, 5)}
    assert sum("notifications_notification" in query["sql"] for query in captured) == 2  # one writes, one is the test's


def test_the_report_of_a_shorter_week_comes_on_the_day_after_it(person: User, travel: Any) -> None:
    travel.move_to(at("2026-03-05T23:05"))
    notification = announce(week_of(person, last=date(2026, 3, 5)))

    assert notification is not None
    assert notification.fire_at == at("2026-03-06T08:00")


def test_a_report_comes_at_nine_on_the_day_after_the_week(person: User, travel: Any, sent_file: Path) -> None:
    device_of(person)
    travel.move_to(at("2026-03-08T23:05"))  # just after midnight of Monday
    notification = announce(week_of(person))

    assert notification is not None
    assert (notification.fire_at, notification.occurrence_key) == (at("2026-03-09T08:00"), "week:2026-03-02")
    travel.move_to(notification.due_at)
    tasks.dispatch_notifications()
    item = InboxItem.objects.get()
    assert (item.title, item.body) == ("Your week: 86 %", "18 of 21 done, 5 points more than in the week before.")


def test_a_week_is_announced_once(person: User, travel: Any) -> None:
    announce(week_of(person))
    announce(week_of(person, done=19))

    assert Notification.objects.filter(kind="weekly_report").count() == 1


def test_a_week_that_was_counted_days_late_is_not_announced(person: User, travel: Any) -> None:
    travel.move_to(at("2026-03-13T12:00"))

    assert announce(week_of(person)) is None


def test_nothing_but_the_numbers_of_a_week_and_its_first_day_is_kept(person: User, travel: Any) -> None:
    notification = announce(week_of(person, diary="secret"))

    assert notification is not None
    assert notification.facts == {"week": "2026-03-02", **FACTS}


# --- Housekeeping ----------------------------------------------------------------------------------------------------


def test_what_is_past_its_time_is_forgotten_with_all_that_belongs_to_it(person: User) -> None:
    old, new = delivery_to(device_of(person)), delivery_to(device_of(person, 2))
    InboxItem.objects.create(user=person, notification=old.notification, kind="test", title="Old")
    Notification.objects.filter(pk=old.notification_id).update(created_at=timezone.now() - timedelta(days=31))

    assert tasks.forget_notifications()["notifications"] == 1
    assert list(Delivery.objects.all()) == [new]
    assert not InboxItem.objects.exists()


def test_a_device_that_nobody_uses_is_retired_after_270_days(person: User) -> None:
    device_of(person, 1, last_seen_at=timezone.now() - timedelta(days=271))
    device_of(person, 2, last_seen_at=timezone.now() - timedelta(days=269))

    assert tasks.forget_notifications()["devices"] == 1
    assert Device.objects.get(state="retired").retired_reason == "unseen"


def test_everything_of_a_person_goes_with_the_account(person: User) -> None:
    other = delivery_to(device_of(UserFactory(), 7))
    delivery = delivery_to(device_of(person))
    InboxItem.objects.create(user=person, notification=delivery.notification, kind="test", title="x")
    reminder_of(habit_of(person), time(8), EIGHT)
    person.delete()

    assert list(Delivery.objects.all()) == [other]
    assert not InboxItem.objects.exists()
    assert Device.objects.count() == 1
