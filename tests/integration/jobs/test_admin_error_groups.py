"""Error groups in the console: what fails, and what is said of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from focusjobs.jobs import error_groups
from focusjobs.jobs.ledger import grouping
from focusjobs.jobs.models import ErrorGroup, Job, Operation
from focusjobs.jobs.operations import Actor
from focusjobs.jobs.worker.drain import drain
from tests import tasks
from tests.accounts import person, superuser

from .consoles import as_client, text

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("pulse")]
LIST = reverse("admin:jobs_errorgroup_changelist")


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "_known", {})


def fail(message: str, times: int = 1) -> ErrorGroup:
    """Let jobs fail with one mistake, and give its group."""
    for _ in range(times):
        tasks.fail.using(attempts=1).enqueue(message=message)
    drain("default")
    error_groups.fold()
    return ErrorGroup.objects.get(pk=Job.objects.latest("id").error_group_id)


def of(group: ErrorGroup, act: str = "change") -> str:
    return reverse(f"admin:jobs_errorgroup_{act}", args=[group.pk])


@pytest.fixture
def admin() -> Client:
    return as_client(superuser())


def test_the_list_shows_open_groups_with_how_many_they_hit(admin: Client) -> None:
    broken, other = fail("the pipe is broken", 3), fail("the tap drips")
    error_groups.ignore(Actor.of_command(superuser()), other)

    said = text(admin.get(LIST))

    assert "the pipe is broken" in said
    assert "the tap drips" not in said
    assert "the tap drips" in text(admin.get(LIST, {"state": "ignored"}))
    assert broken.failed == 3
    assert "the pipe is broken" not in text(admin.get(LIST, {"state": "all", "task": "habits."}))
    assert "the pipe is broken" in text(admin.get(LIST, {"state": "all", "task": "tests.*"}))


def test_the_pages_of_the_list_hold_every_group_once(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("focusjobs.jobs.admin.pages.SIZE", 2)
    now = timezone.now()
    for number in range(1, 6):
        seen = {"first_seen": now, "last_seen": now - timedelta(minutes=number // 2)}
        ErrorGroup.objects.create(id=number, task="t", exception=f"Error{number}", **seen)

    seen_keys: list[int] = []
    response = admin.get(LIST)
    while True:
        seen_keys += [group.pk for group, _ in response.context["groups"]]
        if not response.context["after"]:
            break
        response = admin.get(LIST, {"after": response.context["after"]})

    assert sorted(seen_keys) == [1, 2, 3, 4, 5]
    assert [group.pk for group, _ in admin.get(LIST, {"after": "nonsense"}).context["groups"]] == seen_keys[:2]


def test_the_page_of_a_group_shows_where_it_was_raised_and_its_jobs(admin: Client) -> None:
    group = fail("the pipe is broken")

    said = text(admin.get(of(group)))

    assert "RuntimeError: the pipe is broken" in said
    assert "raise RuntimeError(message)" in said
    assert f"#{Job.objects.get().pk}" in said
    assert group.fingerprint in said
    assert admin.get(reverse("admin:jobs_errorgroup_change", args=[5])).status_code == 404


def test_a_group_is_retried_from_its_page_with_canaries(admin: Client) -> None:
    group = fail("the pipe is broken", 8)
    fail("the tap drips")
    page = admin.get(of(group)).content.decode()
    assert f'value="group:{group.fingerprint} state:failed"' in page

    wish = {"all": "retry", "filter": f"group:{group.fingerprint} state:failed", "canary": "5"}
    admin.post(reverse("admin:jobs_job_preview"), wish)

    operation = Operation.objects.get()
    assert (operation.expected["eligible"], operation.canary) == (8, 5)


def test_a_group_is_marked_as_fixed_and_opened_again(admin: Client) -> None:
    group = fail("the pipe is broken")

    said = text(admin.post(of(group, "fix"), {"release": "9.1"}, follow=True))
    group.refresh_from_db()
    assert (group.state, group.fixed_in) == ("fixed", "9.1")
    assert "Fixed in 9.1" in said
    admin.post(of(group, "reopen"))

    group.refresh_from_db()
    assert group.state == "open"


@pytest.mark.parametrize(("hours", "length"), [("24", timedelta(days=1)), ("", None), ("junk", None)])
def test_a_group_is_ignored_for_a_while_or_for_good(admin: Client, hours: str, length: timedelta | None) -> None:
    group, now = fail("the pipe is broken"), timezone.now()

    admin.post(of(group, "ignore"), {"hours": hours})

    group.refresh_from_db()
    assert group.state == "ignored"
    until = group.ignored_until
    assert (until is None) == (length is None)
    assert length is None or (until is not None and abs(until - now - length) < timedelta(minutes=1))


def test_a_group_is_assigned_to_the_staff_alone_and_noted(admin: Client) -> None:
    group, colleague, customer = fail("the pipe is broken"), superuser(), person(staff=False)

    admin.post(of(group, "assign"), {"user": str(customer.pk)})
    group.refresh_from_db()
    assert group.assignee is None
    admin.post(of(group, "assign"), {"user": str(colleague.pk)})
    admin.post(of(group, "note"), {"note": "a <b>valve</b>"})

    group.refresh_from_db()
    assert (group.assignee, group.note) == (colleague, "a <b>valve</b>")
    assert "a &lt;b&gt;valve&lt;/b&gt;" in admin.get(of(group)).content.decode()
    assert sorted(Operation.objects.values_list("subject", flat=True)) == [f"group:{group.fingerprint}"] * 2


@pytest.mark.parametrize("act", ["fix", "ignore", "reopen", "assign", "note"])
def test_what_is_said_of_a_group_takes_the_right_to_sort_errors(act: str) -> None:
    group = fail("the pipe is broken")
    looker = as_client(person("jobs.view_errorgroup"))

    assert looker.get(of(group)).status_code == 200
    assert looker.post(of(group, act)).status_code == 403
    assert as_client(superuser()).get(of(group, act)).status_code == 405
    assert as_client(person()).get(of(group)).status_code == 403
    group.refresh_from_db()
    assert (group.state, group.note) == ("open", "")
