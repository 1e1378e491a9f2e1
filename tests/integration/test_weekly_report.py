"""From the end of a person's week to the report in their mailbox, through the jobs of both apps."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone
from django.utils.module_loading import import_string

from analytics.models import UserWeek
from analytics.tasks import close_days, refresh_person, sum_up_weeks
from focusjobs.jobs.models import Job
from habits import services
from habits.models import Habit, User
from notifications.models import Notification, Preference
from notifications.tasks import announce_weeks, deliver, dispatch_notifications
from notifications.transports import configure
from tests.factories import UserFactory
from tests.integration.analytics.people import MONDAY, after, at, make_habit, settle, tick

pytestmark = pytest.mark.django_db

WEEKS_JOBS = (refresh_person, sum_up_weeks, announce_weeks)


@pytest.fixture(autouse=True)
def _mailboxes(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let e-mail be the one way to people, and the time be that to which the test has travelled."""
    monkeypatch.setattr("notifications.clock.now", timezone.now)
    settings.PUBLIC_URL = "https://api.example.org"
    settings.PUSH_RATES = {"default": 1e6}
    configure({"email": {"from_email": "focusjobs@example.com"}})
    yield
    configure(settings.PUSH_TRANSPORTS)


def person(**fields: Any) -> tuple[User, Habit]:
    """A person since Monday who wants reports by e-mail, with a habit for every day."""
    with at(MONDAY):
        user = UserFactory(**{"timezone": "Europe/Berlin", **fields})
        Preference.objects.create(user=user, kind="weekly_report", channel="email", enabled=True)
        return user, make_habit(user, name="Run & <swim>")


def do(habit: Habit, *days: int, skipped: int | None = None) -> None:
    """Tick days of a habit, as the person would on the last of their week, and skip one."""
    with at(after(max(days) // 7 * 7 + 6), 20):
        tick(habit, *(after(n) for n in days))
        if skipped is not None:
            services.record_completion(habit=habit, day=after(skipped), skipped=True)
        settle(habit.user)


def run_jobs(*tasks: Any) -> None:
    """Do what the waiting jobs of these tasks would do, in the order in which they follow each other."""
    for one in tasks:
        for job in Job.objects.filter(task=one.name).order_by("id"):
            one(**job.arguments)
        Job.objects.filter(task=one.name).delete()


def end_week(number: int) -> None:
    """Let a week end, counted from 1, and do all that follows in the night."""
    with at(after(7 * number), 1):
        close_days()
        run_jobs(*WEEKS_JOBS)


def tell() -> list[EmailMultiAlternatives]:
    """Let the time of planned reports come, and give the mails that leave."""
    mail.outbox.clear()
    moment = Notification.objects.filter(state="planned").latest("due_at").due_at
    with time_machine.travel(moment, tick=True):
        dispatch_notifications()
        deliver(transport="email")
    return list(mail.outbox)


def told_weeks() -> list[str]:
    return [str(facts["week"]) for facts in Notification.objects.order_by("pk").values_list("facts", flat=True)]


SUBJECTS = {"en": "Your week, 9–15 March 2026", "de-AT": "Deine Woche, 9. bis 15. März 2026"}
OPENINGS = {
    "en": "A better week: you did 5 of 6 (83%), 40 points more than the week before.",
    "de-AT": "Eine bessere Woche: 5 von 6 geschafft (83\u00a0%), 40 Punkte mehr als in der Woche davor.",
}


@pytest.mark.parametrize("locale", ["en", "de-AT"])
def test_a_week_that_has_ended_is_told_by_mail_in_words_and_html(locale: str) -> None:
    user, habit = person(locale=locale)
    do(habit, 0, 1, 2)
    end_week(1)
    do(habit, 7, 8, 9, 10, 11, skipped=12)
    end_week(2)

    planned = Notification.objects.get(occurrence_key="week:2026-03-09")
    assert planned.facts == {"week": "2026-03-09", "done": 5, "due": 6, "rate": 83, "change": 40}
    assert planned.fire_at.isoformat() == "2026-03-16T08:00:00+00:00"  # nine o'clock in Berlin
    (sent,) = tell()
    assert (sent.to, sent.subject) == ([user.email], SUBJECTS[locale])
    assert sent.message().get_content_type() == "multipart/alternative"  # type: ignore[no-untyped-call]
    ((html, kind),) = sent.alternatives
    assert kind == "text/html"
    assert sent.body.startswith(OPENINGS[locale])
    assert OPENINGS[locale] in html
    assert html.startswith(f'<!DOCTYPE html><html lang="{locale[:2]}"><head><meta charset="utf-8">')
    assert f"<title>{SUBJECTS[locale]}</title>" in html
    assert "Run &amp; &lt;swim&gt;" in html
    link = "https://api.example.org/api/v1/unsubscribe?token="
    assert link in sent.body
    assert f'<a href="{link}' in html
    assert "src=" not in html
    assert html.count("href=") == 1


def test_a_week_is_told_once_although_its_job_runs_twice() -> None:
    _, habit = person()
    do(habit, 0)
    with at(after(7), 1):
        close_days()
        for _ in range(2):
            for job in Job.objects.filter(task=sum_up_weeks.name):
                sum_up_weeks(**job.arguments)
        assert Job.objects.filter(task=announce_weeks.name).count() == 2
        run_jobs(announce_weeks)

    assert told_weeks() == ["2026-03-02"]
    assert len(tell()) == 1


def test_nobody_is_told_of_a_week_without_statistics() -> None:
    with at(MONDAY):
        UserFactory()
    end_week(1)

    assert not Job.objects.filter(task=announce_weeks.name).exists()
    assert told_weeks() == []


def test_who_has_done_nothing_is_told_once_and_again_when_they_are_back() -> None:
    _, habit = person()
    do(habit, 0, 1)
    for number in (1, 2, 3, 4):
        end_week(number)
    do(habit, 30)
    end_week(5)

    assert told_weeks() == ["2026-03-02", "2026-03-09", "2026-03-30"]


def test_a_late_edit_announces_nothing_and_is_in_the_mail_that_leaves_after_it() -> None:
    user, habit = person()
    do(habit, 0)
    end_week(1)
    with at(after(7), 6):
        tick(habit, after(1))
        run_jobs(refresh_person)

    assert UserWeek.objects.get(user=user).done == 2
    assert not Job.objects.filter(task=announce_weeks.name).exists()
    assert tell()[0].body.startswith("You did 2 of 7 (29%).")


def test_many_people_are_announced_by_one_job() -> None:
    people = [person(timezone="UTC") for _ in range(5)]
    for place, (_, habit) in enumerate(people):
        do(habit, *range(place + 1))
    with at(after(7), 1):
        close_days()
        run_jobs(refresh_person, sum_up_weeks)

    (job,) = Job.objects.filter(task=announce_weeks.name)
    rates = (14, 29, 43, 57, 71)
    assert sorted(job.arguments["weeks"]) == [
        [user.pk, "2026-03-02", "2026-03-08", {"done": n + 1, "due": 7, "rate": rates[n], "change": None}]
        for n, (user, _) in enumerate(people)
    ]


# --- Where the short words have to do --------------------------------------------------------------------------------


def a_told_week() -> User:
    user, habit = person()
    do(habit, 0)
    end_week(1)
    return user


def assert_short(sent: EmailMultiAlternatives, subject: str, words: str) -> None:
    assert (sent.subject, sent.alternatives) == (subject, [])
    assert sent.body.startswith(f"{words}\n\nNo more of these e-mails: https://api.example.org/")


def test_a_private_mail_tells_nothing_of_the_week() -> None:
    user = a_told_week()
    Preference.objects.filter(user=user).update(private=True)

    (sent,) = tell()
    assert_short(sent, "Weekly report", "It is ready.")


def test_a_week_whose_statistics_are_gone_is_told_in_short_words() -> None:
    a_told_week()
    UserWeek.objects.all().delete()

    (sent,) = tell()
    assert_short(sent, "Your week: 14 %", "1 of 7 done.")


def fail(user_id: int, facts: dict[str, Any]) -> None:
    raise LookupError("no such week")


def test_an_error_in_writing_the_report_is_logged_and_the_short_words_are_sent(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    a_told_week()
    settings.EMAIL_PARTS = {"weekly_report": f"{__name__}.fail"}
    with caplog.at_level(logging.ERROR):
        (sent,) = tell()

    assert_short(sent, "Your week: 14 %", "1 of 7 done.")
    (record,) = [one for one in caplog.records if one.name == "notifications.delivery.emails"]
    assert record.exc_info is not None


def test_everything_that_writes_for_e_mails_is_there(settings: Any) -> None:
    kinds = {kind.value for kind in Notification.Kind}
    assert settings.EMAIL_PARTS.keys() <= kinds
    for path in settings.EMAIL_PARTS.values():
        assert import_string(path)(0, {"week": str(date.max)}) is None  # there is nobody with this number
