"""Devices, tests and acknowledgements over REST."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from habits.models import User
from notifications.addresses import opened
from notifications.models import Delivery, Device, InboxItem, Notification
from notifications.planning.dispatching import dispatch_due
from notifications.services.devices import MOST_DEVICES
from notifications.views.devices import DeviceRate
from tests.factories import UserFactory
from tests.integration.habits.problems import errors_of

from .clients import client_of
from .rows import delivery_to, device_of

pytestmark = pytest.mark.django_db

DEVICES = "/api/v1/devices"
WEB = {
    "platform": "web",
    "address": "https://updates.push.services.mozilla.com/wpush/v2/abc",
    "keys": {
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    },
}


@pytest.fixture(autouse=True)
def _ways(settings: Any) -> None:
    settings.PUSH_TRANSPORTS = {"fcm": {}, "apns": {"topic": "org.example"}, "webpush": {}, "email": {}}


def register(api: APIClient, **values: Any) -> Any:
    return api.post(DEVICES, {"platform": "android", "address": "token", **values})


def listed(api: APIClient, query: str = "") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = api.get(f"{DEVICES}{query}").json()["results"]
    return rows


def test_a_device_registers_at_each_start_of_the_app(api: APIClient) -> None:
    first, again = register(api, app_version="1.0"), register(api, app_version="1.1")

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert again.json()["app_version"] == "1.1"
    assert again.json()["registered_at"] >= first.json()["registered_at"]


def test_an_address_is_encrypted_and_shown_nowhere(api: APIClient) -> None:
    answer = register(api, address="very-secret-token")
    device = Device.objects.get()

    assert "very-secret" not in answer.content.decode()
    assert "very-secret" not in api.get(DEVICES).content.decode()
    assert "very-secret" not in device.address + device.address_hash + str(device)
    assert opened(device.address, device.address_hash).value == "very-secret-token"


@pytest.mark.parametrize(
    ("platform", "address", "way"),
    [("android", "t", "fcm"), ("ios", "ab" * 32, "apns"), ("web", WEB["address"], "webpush")],
)
def test_each_platform_has_its_way(api: APIClient, platform: str, address: str, way: str) -> None:
    keys = {"keys": WEB["keys"]} if platform == "web" else {}

    assert register(api, platform=platform, address=address, **keys).json()["transport"] == way


def test_an_iphone_can_register_with_firebase(api: APIClient) -> None:
    assert register(api, platform="ios", transport="fcm").json()["transport"] == "fcm"


def test_where_no_provider_is_set_up_the_log_stands_in(api: APIClient, settings: Any) -> None:
    settings.PUSH_TRANSPORTS = {"console": {}}

    assert register(api).json()["transport"] == "console"


def test_where_nothing_reaches_a_platform_it_says_so(api: APIClient, settings: Any) -> None:
    settings.PUSH_TRANSPORTS = {"fcm": {}}

    assert errors_of(register(api, **WEB)) == [("platform", "This server sends nothing to web browser.")]


def test_each_way_to_browsers_has_push_services_of_its_own(api: APIClient, settings: Any) -> None:
    settings.PUSH_TRANSPORTS = {"webpush": {"hosts": ["push.example"]}, "other": {"kind": "webpush"}}

    assert register(api, **WEB, transport="other").status_code == 201
    assert [field for field, _ in errors_of(register(api, **WEB, transport="webpush"))] == ["address"]


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ({"platform": "fridge"}, [("platform", '"fridge" is not a valid choice.')]),
        ({"address": ""}, [("address", "This field may not be blank.")]),
        ({"address": "x" * 2001}, [("address", "Ensure this field has no more than 2000 characters.")]),
        ({"platform": "ios"}, [("address", "An APNs device token is 32 to 100 bytes in hexadecimal.")]),
        ({"transport": "webpush"}, [("transport", "One of fcm, or nothing.")]),
        (
            {**WEB, "address": "https://192.168.0.1/admin"},
            [("address", "The endpoint is not https to a push service that is allowed.")],
        ),
        (
            {**WEB, "address": "http://fcm.googleapis.com/x"},
            [("address", "The endpoint is not https to a push service that is allowed.")],
        ),
        (
            {**WEB, "keys": {"p256dh": "AAAA", "auth": "AAAA"}},
            [("address", "The subscription's p256dh is not a point on P-256.")],
        ),
        ({"timezone": "Mars"}, [("timezone", "“Mars” is not an IANA time zone such as Europe/Berlin.")]),
    ],
)
def test_what_cannot_be_a_device_is_refused(api: APIClient, values: dict[str, Any], errors: list[Any]) -> None:
    assert errors_of(register(api, **values)) == errors
    assert not Device.objects.exists()


def test_a_phone_that_changes_hands_belongs_to_the_new_person_alone(api: APIClient, person: User) -> None:
    register(api)
    other = UserFactory()
    handed = register(client_of(other))

    assert handed.status_code == 200
    assert Device.objects.get().user == other
    assert listed(api) == []


def test_the_eleventh_device_takes_the_place_of_the_one_not_seen_for_longest(api: APIClient) -> None:
    for number in range(MOST_DEVICES + 1):
        register(api, address=f"token-{number}")

    assert len(listed(api)) == MOST_DEVICES
    retired = Device.objects.get(state="retired")
    assert (retired.retired_reason, retired.address) == ("replaced", "")
    assert retired.pk == Device.objects.order_by("pk").first().pk  # type: ignore[union-attr]


def test_a_device_that_is_removed_is_forgotten_and_can_come_back(api: APIClient) -> None:
    number = register(api).json()["id"]

    assert api.delete(f"{DEVICES}/{number}").status_code == 204
    assert (listed(api), Device.objects.get().address) == ([], "")
    assert register(api).json()["id"] == number
    assert len(listed(api)) == 1


def test_nobody_touches_the_devices_of_others(api: APIClient) -> None:
    device = device_of(UserFactory())

    assert api.delete(f"{DEVICES}/{device.pk}").status_code == 404
    assert listed(api) == []
    assert Device.objects.get().state == "active"


def test_an_app_learns_how_it_can_be_reached(api: APIClient) -> None:
    assert api.get("/api/v1/push").json() == {
        "platforms": {"android": ["fcm"], "ios": ["apns", "fcm"], "web": ["webpush"]},
        "web_push_key": None,
    }


def test_a_test_is_sent_to_all_devices_at_once(api: APIClient, person: User) -> None:
    for number in (1, 2):
        device_of(person, number, last_seen_at=timezone.now())
    answer = api.post("/api/v1/notifications/test")
    notification = Notification.objects.get(pk=answer.json()["notification_id"])
    dispatch_due(notification.due_at, "")

    assert answer.status_code == 202
    assert Delivery.objects.filter(notification=notification).count() == 2


def test_the_app_says_that_it_has_come_and_was_opened(api: APIClient, person: User) -> None:
    delivery = delivery_to(device_of(person))
    InboxItem.objects.create(user=person, notification=delivery.notification, kind="weekly_report", title="Week")
    address = f"/api/v1/notifications/{delivery.pk}"

    assert api.post(f"{address}/received").status_code == 204
    first = Delivery.objects.get().received_at
    assert api.post(f"{address}/received").status_code == 204
    assert api.post(f"{address}/opened").status_code == 204
    delivery.refresh_from_db()
    assert (delivery.received_at, delivery.opened_at is not None) == (first, True)
    assert InboxItem.objects.get().read_at is not None


@pytest.mark.parametrize("what", ["received", "opened"])
def test_nobody_acknowledges_for_others(api: APIClient, what: str) -> None:
    delivery = delivery_to(device_of(UserFactory()))

    assert api.post(f"/api/v1/notifications/{delivery.pk}/{what}").status_code == 404
    assert api.post(f"/api/v1/notifications/{uuid4()}/{what}").status_code == 404
    delivery.refresh_from_db()
    assert (delivery.received_at, delivery.opened_at) == (None, None)


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("get", DEVICES),
        ("post", DEVICES),
        ("delete", f"{DEVICES}/1"),
        ("get", "/api/v1/push"),
        ("get", "/api/v1/preferences"),
        ("patch", "/api/v1/preferences/all/all"),
        ("get", "/api/v1/reminders"),
        ("post", "/api/v1/reminders/1/snooze"),
        ("get", "/api/v1/inbox"),
        ("post", "/api/v1/inbox/read"),
        ("post", "/api/v1/notifications/test"),
        ("post", f"/api/v1/notifications/{UUID(int=1)}/opened"),
    ],
)
def test_nothing_is_open_to_strangers(method: str, address: str) -> None:
    assert getattr(APIClient(), method)(address).status_code == 401


# --- One device, and those that get nothing more ---------------------------------------------------------------------


def test_an_app_says_what_has_changed_without_its_address(api: APIClient) -> None:
    device = register(api, locale="de-AT", app_version="1.0").json()
    changed = api.patch(f"{DEVICES}/{device['id']}", {"locale": "en-GB"})

    assert (changed.status_code, changed.json()) == (200, {**device, "locale": "en-GB"})
    assert opened(Device.objects.get().address, Device.objects.get().address_hash).value == "token"


@pytest.mark.parametrize("change", [{"timezone": "Mars"}, {"locale": "x" * 36}, {"app_version": "x" * 41}])
def test_what_cannot_be_said_of_a_device_is_refused(api: APIClient, change: dict[str, str]) -> None:
    number = register(api, locale="de").json()["id"]

    assert [field for field, _ in errors_of(api.patch(f"{DEVICES}/{number}", change))] == list(change)
    assert Device.objects.get().locale == "de"


def test_why_a_device_gets_nothing_more_can_be_read(api: APIClient) -> None:
    kept, gone = (register(api, address=address).json()["id"] for address in ("kept", "gone"))
    api.delete(f"{DEVICES}/{gone}")

    assert [row["id"] for row in listed(api)] == [kept]
    (retired,) = listed(api, "?state=retired")
    assert (retired["id"], retired["retired_reason"]) == (gone, "removed")
    assert api.get(f"{DEVICES}/{gone}").json() == retired


def test_devices_are_listed_by_platform_in_pages(api: APIClient) -> None:
    made = [register(api, address=f"token-{number}").json()["id"] for number in range(3)]
    register(api, platform="ios", address="ab" * 32)
    first = api.get(f"{DEVICES}?platform=android&page_size=2").json()
    second = api.get(first["next"]).json()

    assert [row["id"] for row in first["results"] + second["results"]] == made[::-1]
    assert second["next"] is None


@pytest.mark.parametrize("query", ["?state=lost", "?platform=fridge"])
def test_a_query_that_means_nothing_is_refused(api: APIClient, query: str) -> None:
    assert [field for field, _ in errors_of(api.get(f"{DEVICES}{query}"))] == [query[1:].partition("=")[0]]


@pytest.mark.parametrize("position", ["soon", "2026-03-09T00:00:00"])
def test_a_cursor_of_another_list_leads_nowhere(api: APIClient, position: str) -> None:
    cursor = b64encode(f"p={position}".encode()).decode()

    assert api.get(f"{DEVICES}?cursor={cursor}").status_code == 404


@pytest.mark.parametrize("method", ["get", "patch"])
def test_nobody_sees_or_changes_the_devices_of_others(api: APIClient, method: str) -> None:
    device = device_of(UserFactory())

    assert getattr(api, method)(f"{DEVICES}/{device.pk}", {"locale": "de"}).status_code == 404
    assert Device.objects.get().locale == ""


def test_registrations_are_limited_and_reading_is_not(
    api: APIClient, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "devices"}}
    monkeypatch.setattr(DeviceRate, "rate", "2/minute", raising=False)
    answers = [register(api).status_code for _ in range(3)]

    assert answers == [201, 200, 429]
    assert {api.get(DEVICES).status_code for _ in range(4)} == {200}
