"""Apple's push service: what reaches it, and what is made of its answers."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from notifications.transports import Action, Fate, InvalidMessage, Outcome, Priority
from notifications.transports.apns import APNs
from tests.providers import ROOT, Providers
from tests.providers.credentials import TOPIC

from .conftest import dead, device, message, messages

Make = Callable[..., APNs]
PHONE = device(0xABCDEF)

PROGRAM = """
import json, sys
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from notifications.transports import Outgoing, configure, transport_for
configure({"apns": json.loads(sys.argv[1])})
later = datetime.now(UTC) + timedelta(hours=1)
batch = [
    Outgoing(id=uuid4(), address=f"{number:064x}", title="Hello", body="you", collapse_id="hello", not_after=later)
    for number in range(20)
]
print(sorted({outcome.fate for _, outcome in transport_for("apns").send(batch)}))
"""


def only(results: Any) -> Outcome:
    ((_, outcome),) = results
    return outcome  # type: ignore[no-any-return]


def reason(text: str, **more: object) -> str:
    return json.dumps({"reason": text, **more})


def test_a_message_is_accepted_as_it_was_meant(providers: Providers, apns: APNs) -> None:
    sent = message(PHONE.upper(), data={"habit": "42"})
    assert only(apns.send([sent])).fate == Fate.OK
    (accepted,) = providers.accepted("apns")
    assert accepted["address"] == PHONE
    assert accepted["payload"] == {
        "aps": {"alert": {"title": sent.title, "body": sent.body}, "sound": "default"},
        "habit": "42",
        "delivery_id": str(sent.id),
    }
    expiration = accepted["headers"].pop("apns-expiration")
    assert abs(int(expiration) - sent.not_after.timestamp()) <= 2
    assert accepted["headers"] == {
        "apns-topic": TOPIC,
        "apns-push-type": "alert",
        "apns-id": str(sent.id),
        "apns-priority": "10",
        "apns-collapse-id": sent.collapse_id,
    }


def test_a_quiet_private_message(providers: Providers, apns: APNs) -> None:
    assert only(apns.send([message(PHONE, priority=Priority.NORMAL, private=True)])).fate == Fate.OK
    (accepted,) = providers.accepted("apns")
    assert accepted["headers"]["apns-priority"] == "5"
    assert accepted["payload"]["aps"]["category"] == "private"


def test_a_token_of_the_sandbox_goes_to_the_sandbox(providers: Providers, make_apns: Make) -> None:
    apns = make_apns(base_url=providers.url("webpush"), sandbox_url=providers.url("apns"))
    assert only(apns.send([message(PHONE, sandbox=True)])).fate == Fate.OK
    assert (providers.report("apns")["accepted"], providers.report("webpush")["requests"]) == (1, 0)


def test_four_thousand_dead_tokens_are_told_with_their_time_and_without_a_stall(
    providers: Providers, apns: APNs
) -> None:
    results = list(apns.send(dead(4000)))
    assert Counter((outcome.code, outcome.action) for _, outcome in results) == {("Unregistered", Action.RETIRE): 4000}
    yesterday = datetime.now(UTC) - timedelta(days=1)
    assert all(abs(outcome.dead_since - yesterday) < timedelta(minutes=5) for _, outcome in results)  # type: ignore[operator]
    assert providers.report("apns")["connected"] == 1


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"body": "x" * 4096}, "payload_too_large"),
        ({"data": {"aps": "mine"}}, "reserved_key"),
        ({"address": "../../3/device/x"}, "bad_address"),
        ({"address": "AB" * 31}, "bad_address"),
    ],
)
def test_a_message_that_apple_would_refuse_is_not_sent(
    providers: Providers, apns: APNs, values: dict[str, Any], code: str
) -> None:
    broken = message(**{"address": PHONE, **values})
    outcome = only(apns.send([broken]))
    assert (outcome.action, outcome.code) == (Action.FAIL, code)
    assert providers.report("apns")["requests"] == 0
    with pytest.raises(InvalidMessage):
        apns.validate(broken)


def test_two_processes_are_known_to_apple_by_one_token(providers: Providers, apns: APNs) -> None:
    """The provider refuses a second token of the same key, as Apple does within 20 minutes."""
    command = [sys.executable, "-c", PROGRAM, json.dumps(providers.options("apns"))]
    said = [subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout for _ in range(2)]
    assert said == ["[<Fate.OK: 'ok'>]\n"] * 2
    assert {outcome.fate for _, outcome in apns.send(messages(20))} == {Fate.OK}
    assert providers.report("apns")["connected"] == 3
    assert providers.report("apns")["tokens"] in {1, 2}, "two where the window has just changed"


def test_a_token_that_apple_calls_expired_though_it_is_the_latest_stops_everything(
    providers: Providers, apns: APNs
) -> None:
    providers.script("apns", {"do": "reply", "status": 403, "body": reason("ExpiredProviderToken")})
    outcome = only(apns.send([message(PHONE)]))
    assert (outcome.fate, outcome.action, outcome.alarm) == (Fate.NOT_PROCESSED, Action.STOP, True)


def test_a_token_that_expired_on_the_way_is_replaced(
    providers: Providers, apns: APNs, monkeypatch: pytest.MonkeyPatch
) -> None:
    providers.script("apns", {"do": "reply", "status": 403, "body": reason("ExpiredProviderToken")})
    tokens = iter([apns._tokens.token(time.time()), "that of the next window"])
    monkeypatch.setattr(type(apns._tokens), "token", lambda _, now: next(tokens))
    outcome = only(apns.send([message(PHONE)]))
    assert (outcome.fate, outcome.action) == (Fate.NOT_PROCESSED, Action.REPEAT)


@pytest.mark.parametrize(
    ("status", "body", "action"),
    [
        (403, reason("UnrelatedKeyIdInToken"), Action.STOP),
        (429, reason("TooManyProviderTokenUpdates"), Action.PAUSE),
        (503, reason("Shutdown"), Action.REPEAT_ONCE),
    ],
)
def test_a_connection_that_apple_has_done_with_is_replaced_once(
    providers: Providers, apns: APNs, status: int, body: str, action: Action
) -> None:
    providers.script("apns", {"do": "reply", "status": status, "body": body, "times": 20})
    assert {outcome.action for _, outcome in apns.send(messages(20))} == {action}
    assert {outcome.fate for _, outcome in apns.send(messages(20))} == {Fate.OK}
    assert providers.report("apns")["connected"] <= 3


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [(500, reason("InternalServerError"), "InternalServerError"), (502, "<html>", "http_502"), (500, "", "http_500")],
)
def test_when_apple_is_down_a_quarter_of_an_hour_is_waited(
    providers: Providers, apns: APNs, status: int, body: str, code: str
) -> None:
    providers.script("apns", {"do": "reply", "status": status, "body": body})
    outcome = only(apns.send([message(PHONE)]))
    assert (outcome.fate, outcome.code, outcome.retry_after) == (Fate.UNKNOWN, code, timedelta(minutes=15))


def test_a_device_that_gets_too_many_waits_alone(providers: Providers, apns: APNs) -> None:
    providers.script("apns", {"do": "reply", "address": device(3), "status": 429, "body": reason("TooManyRequests")})
    batch = messages(10)
    outcomes = dict(apns.send(batch))
    assert outcomes.pop(batch[3].id).action == Action.DELAY
    assert {outcome.fate for outcome in outcomes.values()} == {Fate.OK}
