"""The first page of the console, and what is around every page: menu, times, policy."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from focusjobs.jobs.models import ErrorGroup, Queue, Schedule, Tally, Worker
from focusjobs.jobs.telling import rounds
from focusjobs.jobs.telling.tally import BOUNDS
from habits.models import User
from tests.accounts import person, superuser, viewer
from tests.factories import UserFactory

from .consoles import as_client, at, make, text

pytestmark = pytest.mark.django_db
OVERVIEW = reverse("admin:jobs_overview")


@pytest.fixture(autouse=True)
def at_peace(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that lives and takes from every queue, and housekeeping that went round just now."""
    now = timezone.now()
    queues = ["default", "imports", "statistics", "notifications", "operations"]
    Worker.objects.create(name="w@one", host="one", pid=7, queues=queues, started_at=now, seen_at=now)
    monkeypatch.setattr(rounds, "last_round", lambda: timezone.now().timestamp())


def needs(response: Any) -> list[tuple[str, str]]:
    return [(need.tone.value, need.words) for need, _ in response.context["needs"]]


def tally(ago: timedelta, **counts: Any) -> None:
    buckets = [0] * (len(BOUNDS) + 1)
    minute = (timezone.now() - ago).replace(second=0, microsecond=0)
    fields = {"task": "t", "queue": "default", "run_buckets": buckets, "wait_buckets": buckets}
    Tally.objects.create(minute=minute, **{**fields, **counts})


def test_where_all_is_well_the_overview_says_so() -> None:
    response = as_client(viewer()).get(OVERVIEW)

    assert needs(response) == []
    assert "All is well." in text(response)
    assert "1 worker alive" in text(response)


def test_what_needs_somebody_is_named_the_worst_first() -> None:
    now = timezone.now()
    make("waiting", run_at=now - timedelta(minutes=7))
    Queue.objects.create(name="imports", paused_at=now, paused_by="ana", pause_reason="the disk is full")
    Schedule.objects.create(name="nightly", task="t", cron="0 3 * * *", next_run_at=now - timedelta(hours=2))
    tally(timedelta(minutes=5), failed=40)
    tally(timedelta(days=7, minutes=5), failed=4)
    tally(timedelta(days=3), failed=500)
    seen = {"first_seen": now, "last_seen": now, "regressed_at": now, "fixed_in": "1.4"}
    ErrorGroup.objects.create(id=5, task="habits.sync", exception="KeyError", **seen)

    response = as_client(superuser()).get(OVERVIEW)

    assert needs(response) == [
        ("bad", "The oldest job of the queue default has waited 7 minutes; the target is 1 minute."),
        ("bad", "40 jobs failed in the last hour, 4 in the same hour last week."),
        ("bad", "KeyError in habits.sync is back, though it was fixed in 1.4."),
        ("bad", "The schedule nightly is 2 hours late."),
        ("off", "The queue imports is paused by ana: the disk is full."),
    ]
    assert "4 things need you." in text(response)
    assert "4 things need you." in text(as_client(superuser()).get(reverse("admin:index")))
    client = as_client(superuser())
    assert {client.get(address).status_code for _, address in response.context["needs"]} == {200}


def test_vanished_workers_and_their_jobs_are_named() -> None:
    now = timezone.now()
    Worker.objects.update(seen_at=now - timedelta(hours=1))
    make("active", leased_until=now - timedelta(minutes=1))

    said = {words: tone for tone, words in needs(as_client(viewer()).get(OVERVIEW))}

    assert said["No worker is alive: nothing runs."] == "bad"
    assert said["The worker w@one fell silent 1 hour ago."] == "later"
    assert said["1 job held by workers that vanished."] == "bad"


def test_housekeeping_that_stopped_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "last_round", lambda: timezone.now().timestamp() - 330)

    assert needs(as_client(viewer()).get(OVERVIEW)) == [
        ("bad", "Housekeeping last went round 5 minutes ago: due jobs and schedules start late."),
    ]


def test_few_failures_are_no_alarm() -> None:
    tally(timedelta(minutes=5), failed=9)

    assert needs(as_client(viewer()).get(OVERVIEW)) == []


def test_charts_say_their_numbers_in_words_too() -> None:
    buckets = [0] * (len(BOUNDS) + 1)
    buckets[BOUNDS.index(0.5)] = 100
    tally(timedelta(minutes=1), completed=1200, failed=3, wait_buckets=buckets, run_buckets=buckets)

    response = as_client(viewer()).get(OVERVIEW)

    ended, waited, _ = response.context["charts"]
    assert ended.summary == "1,200 completed, 3 failed"
    assert waited.summary == "half within 375 ms, 95 % within 488 ms"
    assert ">1,200<" in response.content.decode()
    assert ": 1,200 completed, 3 failed</title>" in ended.picture  # in the last half hour, or in the one before


def test_the_overview_is_for_those_who_may_look_at_jobs() -> None:
    assert as_client(person()).get(OVERVIEW).status_code == 403
    assert as_client(None).get(OVERVIEW).status_code == 302
    assert as_client(viewer()).get("/admin/jobs/").headers["Location"] == OVERVIEW
    assert "Overview" not in text(as_client(person("habits.view_habit")).get(reverse("admin:index")))


def test_the_menu_lists_jobs_first_and_the_overview_before_all() -> None:
    response = as_client(superuser()).get(reverse("admin:index"))

    apps = response.context["app_list"]
    assert [app["app_label"] for app in apps][:2] == ["jobs", "habits"]
    assert [model["name"] for model in apps[0]["models"]] == [
        *("Overview", "Jobs", "Error groups", "Operations", "Queues", "Schedules", "Workers"),
    ]


def test_times_are_written_as_the_operator_chose() -> None:
    ana = viewer()
    User.objects.filter(pk=ana.pk).update(timezone="Asia/Tokyo")
    job = make("failed", finished_at=timezone.now() - timedelta(minutes=3))
    client, local = as_client(ana), timezone.localtime(job.finished_at, timezone.get_fixed_timezone(9 * 60))

    relative = client.get(at(job)).content.decode()
    assert f'title="{local:%-d %b %Y, %H:%M:%S} JST">3 minutes ago</time>' in relative
    choose(client, "own")
    assert f"{local:%H:%M:%S}</time>" in client.get(at(job)).content.decode()
    choose(client, "utc")

    assert f"{job.finished_at:%H:%M:%S}</time>" in client.get(at(job)).content.decode()


def choose(client: Client, times: str) -> Any:
    return client.post(reverse("admin:jobs_times"), {"times": times, "next": OVERVIEW})


def test_a_choice_of_times_leads_back_to_this_site_and_knows_no_other_words() -> None:
    client = as_client(viewer())

    assert choose(client, "own").headers["Location"] == OVERVIEW
    away = client.post(reverse("admin:jobs_times"), {"times": "utc", "next": "//elsewhere.example"})
    assert away.headers["Location"] == reverse("admin:index")
    assert "times" not in choose(client, "lunar").cookies
    assert client.get(reverse("admin:jobs_times")).status_code == 405
    assert client.get(OVERVIEW, headers={"Cookie": "times=lunar"}).status_code in (200, 302)


def test_every_answer_has_a_policy_that_allows_nothing_inline() -> None:
    client = as_client(superuser())

    for address in (OVERVIEW, reverse("admin:index"), "/livez", "/api/v1/habits"):
        policy = client.get(address).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "style-src 'self';" in policy
        assert "unsafe" not in policy


def test_a_persons_jobs_are_shown_in_their_own_time() -> None:
    someone = UserFactory(timezone="Asia/Tokyo")
    failed = make("failed", user=someone, error="Boom: no")
    due = timezone.now() + timedelta(hours=3)
    make("delayed", user=someone, run_at=due)
    other = make("failed", user=UserFactory())
    page = reverse("admin:jobs_person", args=[someone.pk])

    response = as_client(viewer()).get(page)

    said = text(response)
    tokyo = timezone.get_fixed_timezone(9 * 60)
    assert f"1 job of {someone} failed." in said
    assert f"{due.astimezone(tokyo):%a %-d %b, %H:%M}" in said
    assert f"#{failed.pk}" in said
    assert f"#{other.pk}" not in said
    assert page in as_client(superuser()).get(reverse("admin:habits_user_change", args=[someone.pk])).content.decode()
    assert as_client(person()).get(page).status_code == 403
    assert as_client(viewer()).get(reverse("admin:jobs_person", args=[987654])).status_code == 404
