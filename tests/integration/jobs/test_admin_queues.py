"""Queues and workers in the console."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from focusjobs.jobs.models import Operation, Queue, Worker
from tests.accounts import person, superuser

from .consoles import as_client, make, text

pytestmark = pytest.mark.django_db
LIST = reverse("admin:jobs_queue_changelist")


def act(client: Client, name: str, queue: str = "imports", **data: Any) -> Any:
    return client.post(reverse(f"admin:jobs_queue_{name}", args=[queue]), data, follow=True)


def test_every_queue_is_shown_with_what_waits_against_its_target() -> None:
    make("waiting", run_at=timezone.now() - timedelta(minutes=5))
    Queue.objects.create(name="old", expected_wait=timedelta(minutes=10))

    response = as_client(superuser()).get(LIST)

    states = {state.name: state for state in response.context["queues"]}
    assert {"default", "imports", "old"} <= set(states)
    assert states["default"].backlog.waiting == 1
    assert states["default"].is_late
    assert states["old"].target == timedelta(minutes=10)
    assert "5 min" in text(response)


def test_a_queue_is_paused_with_a_reason_and_a_time_and_resumed() -> None:
    user, now = superuser(), timezone.now()
    client = as_client(user)

    page = act(client, "pause", reason="the disk is full", minutes="60")

    queue = Queue.objects.get(name="imports")
    assert queue.paused_by == str(user)
    assert queue.resume_at is not None
    assert abs(queue.resume_at - now - timedelta(hours=1)) < timedelta(minutes=1)
    assert "the disk is full" in text(page)
    act(client, "resume")
    assert Queue.objects.get(name="imports").paused_at is None
    assert sorted(Operation.objects.values_list("action", "subject")) == [
        *(("pause", "queue:imports"), ("resume", "queue:imports")),
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [({}, "give a reason"), ({"reason": " "}, "give a reason"), ({"reason": "x", "minutes": "7"}, "give a reason")],
)
def test_a_pause_that_says_too_little_does_nothing(data: dict[str, str], said: str) -> None:
    assert said in text(act(as_client(superuser()), "pause", **data))
    assert not Queue.objects.filter(paused_at__isnull=False).exists()


def test_a_queue_that_does_not_exist_is_not_paused() -> None:
    assert "There is no such queue." in text(act(as_client(superuser()), "pause", "nowhere", reason="x"))


def test_limits_and_target_are_set_and_taken_away() -> None:
    client = as_client(superuser())

    act(client, "limits", max_active="3", rate="10", seconds="60", target="90")
    queue = Queue.objects.get(name="imports")
    assert (queue.max_active, queue.rate, queue.period) == (3, 10, timedelta(minutes=1))
    assert queue.expected_wait == timedelta(seconds=90)
    assert "at most 3 at once, 10 starts in 1 minute" in text(client.get(LIST))
    act(client, "limits")

    queue.refresh_from_db()
    assert (queue.max_active, queue.rate, queue.expected_wait) == (None, None, None)


@pytest.mark.parametrize("wrong", [{"max_active": "0"}, {"rate": "-1"}, {"target": "soon"}])
def test_limits_that_make_no_sense_are_refused_with_the_reason(wrong: dict[str, str]) -> None:
    assert "The limits of imports stay." in text(act(as_client(superuser()), "limits", **wrong))
    assert not Queue.objects.exists()


@pytest.mark.parametrize("name", ["pause", "resume", "limits"])
def test_changing_a_queue_takes_a_right_of_its_own(name: str) -> None:
    looker = as_client(person("jobs.view_queue"))
    address = reverse(f"admin:jobs_queue_{name}", args=["imports"])

    assert "Pause" not in text(looker.get(LIST))
    assert looker.post(address, {"reason": "x"}).status_code == 403
    assert as_client(superuser()).get(address).status_code == 405
    assert as_client(person("jobs.pause_queue")).post(address, {"reason": "x"}).status_code == 403
    assert not Queue.objects.exists()


def test_queues_and_workers_are_shown_to_those_who_may_look() -> None:
    for model in ("queue", "worker"):
        address = reverse(f"admin:jobs_{model}_changelist")
        assert as_client(person()).get(address).status_code == 403
        assert as_client(person(f"jobs.view_{model}")).get(address).status_code == 200


def test_workers_are_shown_with_what_they_do_and_silent_ones_stand_out() -> None:
    now = timezone.now()
    common = {"host": "one", "processes": [8], "queues": ["default"], "started_at": now - timedelta(hours=1)}
    Worker.objects.create(name="w@one", pid=7, seen_at=now, release="2.0", **common)
    Worker.objects.create(name="w@two", pid=9, seen_at=now - timedelta(hours=1), release="1.9", **common)
    job = make("active", worker="8@one")

    response = as_client(superuser()).get(reverse("admin:jobs_worker_changelist"))

    shown = {line.worker.name: line.state for line in response.context["lines"]}
    assert shown == {"w@one": "live", "w@two": "silent"}
    assert f"tests.add #{job.pk}" in text(response)
