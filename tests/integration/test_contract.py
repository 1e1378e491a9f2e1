"""Every operation of the schema, called once, answers with a status and a body that the schema documents."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator, FormatChecker
from rest_framework.test import APIClient

from habits.models import User
from habits.tasks import export_data
from notifications.models import Delivery, InboxItem
from notifications.planning.dispatching import dispatch_due
from tests.factories import UserFactory
from tests.integration.jobs.conftest import bells, pulse

__all__ = ["bells", "pulse"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells", "pulse")]

PASSWORD = "a-long-walk-in-the-rain"
JSON = re.compile(r"^application/(problem\+)?json$")


class Contract:
    """The schema, a person who uses the interface, and the operations that they have used."""

    def __init__(self, person: User) -> None:
        self.schema = SchemaGenerator().get_schema(request=None, public=True)
        self.components = _without_nullable(self.schema["components"])
        self.open = dict(self._operations())
        self.faults: list[str] = []
        self.api = APIClient(raise_request_exception=False)
        self.api.force_authenticate(person)

    def _operations(self) -> Any:
        for path, methods in self.schema["paths"].items():
            for method, operation in methods.items():
                yield operation["operationId"], (method, path, operation)

    def __call__(self, name: str, body: Any = None, *, status: int = 0, form: bool = False, **parts: Any) -> Any:
        """Call an operation by its id; the answer must be as documented, with this status or any below 300."""
        method, path, operation = self.open.pop(name)
        address = path.format(**parts)
        answer = getattr(self.api, method)(address, body, format="multipart" if form else "json", headers=HEADERS)
        assert answer.status_code == status if status else answer.status_code < 300, (name, answer.content)
        documented = operation["responses"]
        if str(answer.status_code) in documented:
            self._check(name, answer, documented[str(answer.status_code)].get("content", {}))
        else:
            self.faults.append(f"{name}: {answer.status_code} is not documented")
        return answer.json() if JSON.match(answer.headers.get("Content-Type", "")) else answer

    def _check(self, name: str, answer: Any, content: Mapping[str, Any]) -> None:
        if not content:
            assert not answer.content, name
            return
        kind = answer["Content-Type"].split(";")[0]
        assert kind in content, (name, kind)
        if JSON.match(kind):
            wanted = {**_without_nullable(content[kind]["schema"]), "components": self.components}
            errors = Draft202012Validator(wanted, format_checker=FORMATS).iter_errors(json.loads(answer.content))
            self.faults += [f"{name} {list(error.absolute_path)}: {error.message}" for error in errors]


FORMATS = FormatChecker(("date", "uuid", "email"))  # OpenAPI 3.0 has no format for a time of day
HEADERS = {"X-Device-Id": "phone-a"}


def _without_nullable(schema: Any) -> Any:
    """Write OpenAPI 3.0's `nullable` as JSON Schema has it."""
    if isinstance(schema, list):
        return [_without_nullable(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _without_nullable(value) for key, value in schema.items() if key != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain


@pytest.fixture
def call(settings: Any) -> Contract:
    settings.PUSH_TRANSPORTS = {"fcm": {}, "email": {}}
    person: User = UserFactory(timezone="Europe/Berlin")
    person.set_password(PASSWORD)
    person.save()
    return Contract(person)


def test_every_operation_answers_as_the_schema_says(call: Contract) -> None:
    _habits(call)
    _statistics(call)
    _sync(call)
    _notifications(call)
    _account(call)
    assert sorted(call.open) == []
    assert call.faults == []


def _habits(call: Contract) -> None:
    call("habit_create", {"id": "run", "name": "Run", "reminder_time": "08:00"}, status=201)
    call("habit_put", {"name": "Read", "kind": "measured", "target_value": 20}, client_id="read", status=201)
    call("habit_update", {"archived": True}, client_id="read")
    call("habits")
    call("habit", client_id="run")
    today = call("profile_update", {"timezone": "Asia/Tokyo"})["today"]
    call("profile")
    call("completion_put", {"value": 1, "note": "by the river"}, client_id="run", day=today, status=201)
    call("completion", client_id="run", day=today)
    call("completions", client_id="run")
    call("completion_delete", client_id="run", day=today, status=204)
    call("habit_delete", client_id="read", status=204)
    call("habit_restore", client_id="read")


def _statistics(call: Contract) -> None:
    call("habit_statistics", client_id="run")
    for name in ("stats_today", "stats_days", "stats_weeks", "stats_months"):
        call(name)
    call.open.pop("weekly_report")  # there is a report only once a week is over: tests/integration/analytics
    session = {"started_at": "2026-03-09T08:00:00Z", "seconds": 1500, "habit": "run", "label": "deep"}
    call("focus_session_put", session, client_id="s1", status=201)
    call("focus_session", client_id="s1")
    call("focus_sessions")
    call("focus_session_delete", client_id="s1", status=204)


def _sync(call: Contract) -> None:
    call.api.credentials(HTTP_IDEMPOTENCY_KEY="7c9e6679-7425-40de-944b-e07fc1f90ae7")
    call("sync_push", {"habits": {"created": [{"id": "walk", "name": "Walk"}], "updated": [], "deleted": []}})
    call.api.credentials()
    call("sync_push_status", key="7c9e6679-7425-40de-944b-e07fc1f90ae7")
    call("sync_pull")


def _notifications(call: Contract) -> None:
    call("push")
    device = call("device_register", {"platform": "android", "address": "token"}, status=201)
    call("devices")
    call("device", number=device["id"])
    call("device_update", {"locale": "de-AT"}, number=device["id"])
    made = call("reminder_create", {"kind": "habit", "habit": "run", "local_time": "21:30", "weekdays": 31}, status=201)
    call("reminders")
    call("reminder", number=made["id"])
    call("reminder_snooze", {"minutes": 10}, number=made["id"])
    call("reminder_update", {"enabled": False}, number=made["id"])
    call("reminder_delete", number=made["id"], status=204)
    call("preference_update", {"enabled": False}, kind="habit", channel="push")
    call("preference", kind="habit", channel="push")
    call("preferences")
    call("preference_clear", kind="habit", channel="push", status=204)
    call("notification_test", status=202)
    dispatch_due(datetime.now(UTC))
    delivery = Delivery.objects.get()
    item = InboxItem.objects.create(user=User.objects.get(), notification=delivery.notification, kind="test", title="x")
    call("notification_received", delivery_id=delivery.pk, status=204)
    call("notification_opened", delivery_id=delivery.pk, status=204)
    call("inbox")
    call("inbox_unread")
    call("inbox_item", number=item.pk)
    call("inbox_item_update", {"read": False}, number=item.pk)
    call("inbox_read", {"up_to": item.pk})
    call("inbox_item_delete", number=item.pk, status=204)
    call("device_remove", number=device["id"], status=204)


def _account(call: Contract) -> None:
    file = SimpleUploadedFile("HabitBull.csv", b"no backup at all")
    taken = call("import_create", {"file": file}, form=True, status=202)
    call("import", number=taken["id"])
    call("job_cancel", number=taken["job"])
    call("imports")
    call("import_delete", number=taken["id"], status=204)
    token = call("token_create", {"name": "script", "password": PASSWORD}, status=201)
    call("tokens")
    call("token_revoke", number=token["id"], status=204)
    job = call("export_request", status=202)["job"]
    call("export")
    export_data(user_id=User.objects.get().pk)
    call("export_file")
    call("export_delete", status=204)
    call("job", number=job)
    call("jobs")
    call("account_delete", {"password": PASSWORD}, status=202)
