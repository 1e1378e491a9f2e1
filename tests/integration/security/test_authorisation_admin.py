"""Every route of the admin, as nobody, as a person, as staff with all rights but the right one, and with it alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from django_celery_results.models import TaskResult

from analytics.models import Inspection
from focusjobs.jobs import operations
from focusjobs.jobs.models import ErrorGroup, Job, Operation, Queue, Schedule, Worker
from focusjobs.jobs.operations import Actor, Wanted
from habits.models import SyncPush, User
from notifications.models import ProviderState
from tests.factories import UserFactory
from tests.integration.habits.everything import person_with_everything

from .admin_rows import LEADING_ELSEWHERE, MODELS, NOBODY, OPEN, VIEWS, Model, View
from .endpoints import Route, address, routes
from .people import logged_in

pytestmark = pytest.mark.django_db

PARTS = ("", "add/", "<path:object_id>/history/", "<path:object_id>/delete/", "<path:object_id>/change/")
REDIRECT = "<path:object_id>/"
MARK = "Ownermark"


def base(row: Model) -> str:
    return f"admin/{row.label.replace('.', '/')}/"


def apps_pattern(route: Route) -> bool:
    return "(?P<app_label>" in route.pattern


def test_every_route_of_the_admin_has_its_row_and_no_row_is_stale() -> None:
    served = {route.pattern for route in routes("admin/") if not apps_pattern(route)}
    of_models = {f"{base(row)}{part}" for row in MODELS for part in (*PARTS, REDIRECT)}
    known = of_models | {row.pattern for row in VIEWS} | OPEN.keys() | LEADING_ELSEWHERE.keys()

    assert sorted(served - known) == [], "views without a row in admin_rows.py"
    assert sorted(known - served) == [], "rows of views that are gone"


def test_every_act_on_picked_rows_has_its_row() -> None:
    request = RequestFactory().get("/")
    request.user = UserFactory(is_staff=True, is_superuser=True)
    served = {model._meta.label_lower: sorted(own.get_actions(request)) for model, own in admin.site._registry.items()}

    assert served == {row.label: sorted(name for name, right in row.acts if right != NOBODY) for row in MODELS}


# --- Those who come ---------------------------------------------------------------------------------------------------


class Door:
    """Lets people with any rights come to the views of the admin."""

    def __init__(self) -> None:
        given = Permission.objects.select_related("content_type")
        self.rights = {f"{right.content_type.app_label}.{right.codename}": right for right in given}
        self.superuser = UserFactory(is_staff=True, is_superuser=True)
        self.few, self.most = (UserFactory(is_staff=True) for _ in range(2))
        self.person = UserFactory()
        self.sessions: dict[int, str] = {}
        self.faults: list[str] = []
        self.asked = 0

    def come(self, user: User | None, method: str, where: str, body: Any = ()) -> Any:
        """Ask as somebody, logged in once for all they ask; what that did is undone."""
        client = Client(raise_request_exception=False)
        if user is not None:
            if user.pk not in self.sessions:
                self.sessions[user.pk] = logged_in(user)["X-Session-Token"]
            client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[user.pk]
        self.asked += 1
        with transaction.atomic():
            point = transaction.savepoint()
            response = getattr(client, method.lower())(where, dict(body))
            transaction.savepoint_rollback(point)
        return response

    def with_rights(self, *names: str) -> User:
        return self.given(self.few, names)

    def without(self, name: str, *others: str) -> User:
        """Staff with every right but this one; who may change rows may look at them too, and so may not here."""
        lacking = {name, name.replace(".view_", ".change_"), *others}
        return self.given(self.most, self.rights.keys() - lacking)

    def given(self, user: User, names: Iterable[str]) -> User:
        """Only what differs is written: little, as one person always has few rights and the other always most."""
        user.user_permissions.set([self.rights[name].pk for name in names])
        return User.objects.get(pk=user.pk)

    def check(self, name: str, method: str, where: str, rights: tuple[str, ...], body: Any = (), *others: str) -> None:
        """Ask as each kind of people; `others` are rights that would open it too."""
        for who, user in (("nobody", None), ("a person", self.person)):
            answer = self.come(user, method, where, body)
            if not (answer.status_code == 302 and answer["Location"].startswith(reverse("admin:login"))):
                self.faults.append(f"{name}: {who} is answered {answer.status_code}")
        for right in rights:
            lacking = self.superuser if right == NOBODY else self.without(right, *others)
            status = self.come(lacking, method, where, body).status_code
            if status != 403:
                self.faults.append(f"{name}: staff without {right} is answered {status}")
        if NOBODY not in rights:
            answer = self.come(self.with_rights(*rights), method, where, body)
            if answer.status_code >= 400 or answer.headers.get("Location", "").startswith(reverse("admin:login")):
                self.faults.append(f"{name}: staff with {rights} is answered {answer.status_code}")


@pytest.fixture
def door() -> Door:
    one_of_each()
    return Door()


def one_of_each() -> None:
    """A row in each table that the admin shows."""
    person_with_everything(MARK)
    SyncPush.objects.update(writes=[], problems=[])
    now = timezone.now()
    Job.objects.create(id=1, task="tests.add", queue="default", state="failed", finished_at=now, started_at=now)
    ErrorGroup.objects.create(id=1, task="tests.add", exception="ValueError", first_seen=now, last_seen=now)
    operations.plan(Actor(name="somebody", source="admin"), Wanted(action="retry", ids=(1,)))
    Queue.objects.create(name="default")
    Schedule.objects.create(name="nightly", task="tests.add", cron="0 3 * * *")
    Worker.objects.create(name="w1", host="here", pid=1, started_at=now, seen_at=now)
    TaskResult.objects.create(task_id="one")
    Group.objects.create(name="few")
    ProviderState.objects.get_or_create(transport="console")
    Inspection.objects.get_or_create(night=now.date())


def key_of(row: Model) -> Any:
    model = next(model for model in admin.site._registry if model._meta.label_lower == row.label)
    return model._default_manager.values_list("pk", flat=True).first()


def test_models_take_the_rights_of_their_rows(door: Door) -> None:
    for row in MODELS:
        key = key_of(row)
        assert key is not None, row.label
        at = {part: address(f"{base(row)}{part}", {"object_id": key}) for part in PARTS}
        door.check(f"list of {row.label}", "GET", at[PARTS[0]], (row.look,), (), row.change)
        door.check(f"adding {row.label}", "GET", at[PARTS[1]], (row.add, *row.add_beside))
        door.check(f"history of {row.label}", "GET", at[PARTS[2]], (row.look,), (), row.change)
        door.check(f"deleting {row.label}", "GET", at[PARTS[3]], (row.delete,))
        door.check(f"page of {row.label}", "GET", at[PARTS[4]], (row.look,), (), row.change)

    assert not door.faults, "\n".join(door.faults)


def test_views_beside_the_models_take_the_rights_of_their_rows(door: Door) -> None:
    first = User.objects.order_by("pk").first()
    assert first is not None
    for row in VIEWS:
        keys = {"object_id": _object_of(row), "number": Schedule.objects.get().pk, "id": first.pk}
        if "person" in row.pattern:
            keys["number"] = first.pk
        door.check(row.name, row.method, address(row.pattern, keys) + row.query, row.rights, row.body)

    assert not door.faults, "\n".join(door.faults)


def _object_of(row: View) -> Any:
    named = {"job": Job, "errorgroup": ErrorGroup, "operation": Operation, "queue": Queue}
    model = named.get(f"{row.pattern}//".split("/")[2])
    return model._default_manager.first().pk if model else ""


def test_acts_are_refused_to_those_who_may_only_look(door: Door) -> None:
    """Each by the server, whatever the page shows."""
    looking = {right for right in door.rights if ".view_" in right} - {"jobs.view_job_args"}
    viewer = door.with_rights(*looking)
    for row in VIEWS:
        if row.method != "POST" or not set(row.rights) - looking:
            continue
        keys = {"object_id": _object_of(row), "number": Schedule.objects.get().pk, "id": viewer.pk}
        where = address(row.pattern, keys)
        if (status := door.come(viewer, "POST", where, row.body).status_code) != 403:
            door.faults.append(f"{row.name}: who may only look is answered {status}")
    for model in MODELS:
        for part in (PARTS[1], PARTS[3], PARTS[4]):
            where = address(f"{base(model)}{part}", {"object_id": key_of(model)})
            status = door.come(viewer, "POST", where, (("post", "yes"),)).status_code
            # Pages of the job layer are no forms: a POST shows them again.
            is_page = part == PARTS[4] and model.label.startswith("jobs.") and model.change == NOBODY
            if status != 403 and not (is_page and status in (200, 302)):
                door.faults.append(f"POST {where}: who may only look is answered {status}")

    assert not door.faults, "\n".join(door.faults)


def test_acts_take_a_post(door: Door) -> None:
    """So that no link and no picture can act."""
    readable = {row.pattern for row in VIEWS if row.method == "GET"}
    for row in VIEWS:
        keys = {"object_id": _object_of(row), "number": Schedule.objects.get().pk}
        if row.pattern not in readable:
            status = door.come(door.superuser, "GET", address(row.pattern, keys)).status_code
            if status != 405:
                door.faults.append(f"GET {row.pattern}: answered {status}")

    assert not door.faults, "\n".join(door.faults)


def test_acts_on_picked_rows_take_their_rights(door: Door) -> None:
    """Django leaves out acts without their right, and then does nothing."""
    request = RequestFactory().get("/")
    for row in MODELS:
        own = next(own for model, own in admin.site._registry.items() if model._meta.label_lower == row.label)
        for name, right in row.acts:
            request.user = door.superuser if right == NOBODY else door.without(right)
            if name in own.get_actions(request):
                door.faults.append(f"{name} of {row.label}: offered without {right}")

    assert not door.faults, "\n".join(door.faults)


def test_what_leads_elsewhere_leads_nobody_in(door: Door) -> None:
    """Addresses that only lead on, the list of an app's models, and what there is at no address."""
    keys = {"content_type_id": 1, "object_id": 1}
    places = [address(pattern, keys) for pattern in LEADING_ELSEWHERE if "(?P" not in pattern]
    places += [f"/{base(row)}{key_of(row)}/" for row in MODELS]
    places += [f"/admin/{row.label.split('.')[0]}/" for row in MODELS] + ["/admin/nothing"]
    for place in places:
        for user in (None, door.person):
            answer = door.come(user, "GET", place)
            if not (answer.status_code == 302 and answer["Location"].startswith(reverse("admin:login"))):
                door.faults.append(f"{place}: {user} is answered {answer.status_code}")

    assert not door.faults, "\n".join(door.faults)
