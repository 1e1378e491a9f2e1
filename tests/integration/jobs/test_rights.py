"""Who may do what: each right by itself, the groups that come with the project, and how many jobs at once."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.db import connection

from focusjobs.jobs import rights
from focusjobs.jobs.operations import ACTIONS, Preview
from habits.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

GROUPS = import_module("focusjobs.jobs.migrations.0006_default_groups")


@pytest.fixture(autouse=True)
def default_groups() -> None:
    """Make the groups as the migration does, which an earlier test may have emptied."""
    GROUPS.make(apps, connection.schema_editor())


def member(*groups: str, **fields: Any) -> User:
    user = UserFactory(is_staff=True, **fields)
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


def holder(*names: str) -> User:
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=names, content_type__app_label="jobs"))
    return user


def of_jobs(eligible: int, *, users: int = 1, unowned: int = 0, capped: bool = False) -> Preview:
    return Preview(
        matched=eligible,
        eligible=eligible,
        users=users,
        unowned=unowned,
        skipped={},
        queues={},
        tasks={},
        capped=capped,
        unchecked=0,
        seconds=None,
        newest=0,
        as_of=datetime(2026, 3, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize("right", rights.RIGHTS)
def test_each_right_is_a_permission_that_can_be_given_and_gives_nothing_else(right: str) -> None:
    user = holder(right)
    assert [name for name in rights.RIGHTS if rights.may(user, name)] == [right]
    rights.require(user, right)


@pytest.mark.parametrize("right", rights.RIGHTS)
def test_plain_staff_may_nothing(right: str) -> None:
    user = UserFactory(is_staff=True)
    assert not rights.may(user, right)
    with pytest.raises(PermissionDenied, match=f"You have no right to {rights.RIGHTS[right]}"):
        rights.require(user, right)


def test_a_locked_account_may_nothing() -> None:
    assert not rights.may(UserFactory(is_superuser=True, is_active=False), "view_job")


VIEWING = {"view_job", "view_queue", "view_schedule", "view_operation", "view_errorgroup", "view_worker"}
ON_CALL = VIEWING | {
    *("retry_job", "bulk_retry_job", "cancel_job", "pause_queue", "run_schedule", "triage_errorgroup"),
}


@pytest.mark.parametrize(
    ("group", "allowed"),
    [
        ("Jobs viewer", VIEWING),
        ("Support", {"view_job", "view_errorgroup", "retry_job"}),
        ("On-call", ON_CALL),
        ("Jobs admin", ON_CALL | {"view_job_args", "edit_retry_job"}),
    ],
)
def test_the_groups_that_come_with_the_project(group: str, allowed: set[str]) -> None:
    user = member(group)
    assert {right for right in rights.RIGHTS if rights.may(user, right)} == allowed


def test_making_the_groups_leaves_the_app_as_it_was() -> None:
    before = apps.get_app_config("jobs").models_module
    GROUPS.make(apps, connection.schema_editor())
    assert apps.get_app_config("jobs").models_module is before is not None


def test_making_the_groups_again_leaves_what_somebody_changed() -> None:
    Group.objects.get(name="Support").permissions.clear()
    Group.objects.get(name="On-call").delete()
    GROUPS.make(apps, connection.schema_editor())
    assert not Group.objects.get(name="Support").permissions.exists()
    assert Group.objects.get(name="On-call").permissions.count() == len(GROUPS.ON_CALL)


@pytest.mark.parametrize("action", ACTIONS)
def test_each_action_takes_its_right(action: str) -> None:
    right = rights.for_action(action)
    assert right in rights.RIGHTS
    assert rights.refusal(holder("view_job"), action, of_jobs(1)) == f"You have no right to {rights.RIGHTS[right]}."
    assert rights.refusal(holder(right), action, of_jobs(1)) == ""


class TestHowMany:
    @pytest.mark.parametrize(
        ("preview", "why"),
        [
            (of_jobs(1, users=0, unowned=1), ""),
            (of_jobs(20), ""),
            (of_jobs(21), "These are 21 jobs; you may retry 20 at once."),
            (of_jobs(5, users=2), "You may retry the jobs of one person at a time."),
            (of_jobs(5, unowned=1), "You may retry the jobs of one person at a time."),
            (of_jobs(20, capped=True), "These are 20+ jobs; you may retry 20 at once."),
        ],
    )
    def test_support_retries_a_few_jobs_of_one_person(self, preview: Preview, why: str) -> None:
        assert rights.refusal(member("Support"), "retry", preview) == why

    def test_those_on_call_retry_up_to_their_cap(self, settings: Any) -> None:
        settings.JOBS_RETRY_CAPS = {"On-call": 1000}
        user = member("On-call")
        assert rights.refusal(user, "retry", of_jobs(1000, users=900)) == ""
        assert rights.refusal(user, "retry", of_jobs(1001)) == "These are 1,001 jobs; you may retry 1,000 at once."

    def test_who_is_in_several_groups_has_the_most_of_theirs(self, settings: Any) -> None:
        settings.JOBS_RETRY_CAPS = {"On-call": 1000, "Jobs admin": 5000}
        assert rights.cap_of(member("On-call", "Jobs admin")) == 5000
        settings.JOBS_RETRY_CAPS = {"On-call": 1000}
        assert rights.cap_of(member("On-call", "Jobs admin")) is None

    def test_a_right_of_ones_own_has_no_cap_and_a_group_without_it_gives_none(self, settings: Any) -> None:
        settings.JOBS_RETRY_CAPS = {"On-call": 1000, "Support": 7}
        assert rights.cap_of(holder("bulk_retry_job")) is None
        assert rights.cap_of(UserFactory(is_superuser=True)) is None
        assert rights.cap_of(member("Support")) == rights.FEW

    def test_too_many_is_denied(self) -> None:
        with pytest.raises(PermissionDenied, match="you may retry 20 at once"):
            rights.require_for(member("Support"), "retry", of_jobs(500))
        rights.require_for(member("On-call"), "cancel", of_jobs(500))
