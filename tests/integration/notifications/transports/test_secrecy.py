"""No device token, key or word of a message gets into a log, an exception or a repr."""

from __future__ import annotations

import logging
import pprint
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from notifications.transports import Outgoing, Transport
from notifications.transports.wire import Origin
from tests.providers import Providers

from .conftest import device, message, subscribed

Make = Callable[..., Any]
TITLE, BODY = "SecretTitle", "SecretBody"
FAULTS = (
    {"do": "reply", "status": 500, "body": "<html>"},
    {"do": "reply", "status": 400, "body": "{}"},
    {"do": "reply", "status": 403, "body": "{}"},
    {"do": "refuse"},
    {"do": "reset_after"},
    {"do": "abort_after"},
    {"do": "hang"},
)


@pytest.fixture(params=["fcm", "apns", "webpush"])
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def transport(service: str, make_fcm: Make, make_apns: Make, make_webpush: Make) -> Transport:
    made: Transport = {"fcm": make_fcm, "apns": make_apns, "webpush": make_webpush}[service](timeout=0.3)
    return made


def test_nothing_personal_is_told(
    providers: Providers, service: str, transport: Transport, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    subscription = providers.subscribe()[0]
    address = subscription["endpoint"] if service == "webpush" else device(0xC0FFEE)
    sent = (
        subscribed(subscription, title=TITLE, body=BODY)
        if service == "webpush"
        else message(address, title=TITLE, body=BODY)
    )
    said = [repr(sent), repr(transport), pprint.pformat(vars(transport))]
    for fault in FAULTS:
        providers.script(service, fault)
        said += [repr(result) for result in transport.send([sent])]
    said += [f"{record.getMessage()} {vars(record)}" for record in caplog.records]
    for text in said:
        for secret in (address, address.rsplit("/", 1)[-1], TITLE, BODY, *secrets(subscription, providers)):
            assert secret not in text


def secrets(subscription: dict[str, str], providers: Providers) -> list[str]:
    """Give what else must not be shown: keys of the browser, and the middle of each private key."""
    files = providers.credentials
    keys = [files.apns_key.read_text(), files.vapid_key.read_text(), files.service_account.read_text()]
    return [subscription["p256dh"], subscription["auth"], "ya29.", *(key[400:440] for key in keys if len(key) > 440)]


def a_message(service: str, providers: Providers) -> Outgoing:
    if service == "webpush":
        return subscribed(providers.subscribe()[0], title=TITLE)
    return message(device(0xC0FFEE), title=TITLE)


def test_an_error_in_the_middle_of_sending_shows_nothing_personal(
    providers: Providers, transport: Transport, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = a_message(service, providers)

    def fail(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(type(transport), "judge", fail)
    with pytest.raises(RuntimeError) as caught:
        list(transport.send([sent]))
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    shown = "".join(frames.format())
    assert "fail" in shown
    for secret in (sent.address.rsplit("/", 1)[-1], TITLE, "ya29."):
        assert secret not in shown


def test_a_proxys_password_is_not_shown() -> None:
    assert "password" not in repr(Origin(url="https://x.example", proxy="http://me:password@proxy.example"))
