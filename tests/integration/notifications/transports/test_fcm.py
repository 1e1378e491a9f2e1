"""Firebase Cloud Messaging: what reaches it, and what is made of its answers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from notifications.transports import Action, Fate, InvalidMessage, Outcome, Priority
from notifications.transports.fcm import FCM
from tests.providers import Providers
from tests.providers.fcm import failure

from .conftest import dead, message, messages
from .exactness import check_exactness

Make = Callable[..., FCM]
PHONE = "fPhone:APA91b-" + "x" * 130


def only(results: Any) -> Outcome:
    ((_, outcome),) = results
    return outcome  # type: ignore[no-any-return]


def test_a_message_is_accepted_as_it_was_meant(providers: Providers, fcm: FCM) -> None:
    sent = message(PHONE, data={"habit": "42"}, ttl=timedelta(minutes=5))
    outcome = only(fcm.send([sent]))
    (accepted,) = providers.accepted("fcm")
    assert (outcome.fate, outcome.action, outcome.provider_id) == (Fate.OK, Action.RECORD, accepted["name"])
    got = accepted["message"]
    assert got["token"] == PHONE
    assert got["notification"] == {"title": sent.title, "body": sent.body}
    assert got["data"] == {"habit": "42", "delivery_id": str(sent.id)}
    assert got["android"]["notification"] == {"tag": sent.collapse_id, "visibility": "PUBLIC"}
    assert got["android"]["priority"] == "HIGH"
    assert 295 <= int(got["android"]["ttl"].removesuffix("s")) <= 300
    assert got["apns"]["headers"]["apns-collapse-id"] == sent.collapse_id


def test_a_quiet_private_message_to_an_installation(providers: Providers, fcm: FCM) -> None:
    only(fcm.send([message("fid-1", address_kind="fid", priority=Priority.NORMAL, private=True)]))
    got = providers.accepted("fcm")[0]["message"]
    assert ("token" in got, got["fid"]) == (False, "fid-1")
    assert (got["android"]["priority"], got["android"]["notification"]["visibility"]) == ("NORMAL", "PRIVATE")


def test_no_message_is_stored_for_longer_than_it_is_worth(providers: Providers, fcm: FCM) -> None:
    only(fcm.send([message(PHONE, not_after=datetime.now(UTC) + timedelta(days=100))]))
    assert providers.accepted("fcm")[0]["message"]["android"]["ttl"] == "2419200s"


def test_a_message_that_is_too_late_is_not_sent(providers: Providers, fcm: FCM) -> None:
    outcome = only(fcm.send([message(PHONE, not_after=datetime.now(UTC))]))
    assert (outcome.fate, outcome.action, outcome.code) == (Fate.NOT_PROCESSED, Action.EXPIRE, "expired")
    assert providers.report("fcm")["requests"] == 0


def test_four_thousand_dead_tokens_are_told_without_a_stall(providers: Providers, fcm: FCM) -> None:
    batch = dead(4000)
    results = list(fcm.send(batch))
    assert Counter(outcome.code for _, outcome in results) == {"UNREGISTERED": 4000}
    assert {outcome.action for _, outcome in results} == {Action.RETIRE}
    assert {key for key, _ in results} == {sent.id for sent in batch}
    assert providers.report("fcm")["connected"] == 1


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"body": "x" * 4096}, "payload_too_large"),
        ({"body": "ü" * 2048}, "payload_too_large"),
        ({"data": {"google.c.a.e": "1"}}, "reserved_key"),
        ({"data": {"from": "me"}}, "reserved_key"),
        ({"data": {"habit": 42}}, "bad_data"),
        ({"collapse_id": "x" * 33}, "bad_collapse_id"),
        ({"collapse_id": "a\r\nb"}, "bad_collapse_id"),
        ({"address_kind": "topic"}, "bad_address_kind"),
        ({"title": "", "body": ""}, "empty"),
        ({"not_after": datetime(2099, 1, 1)}, "naive_time"),  # noqa: DTZ001
    ],
)
def test_a_message_that_fcm_would_refuse_is_not_sent_and_costs_no_device(
    providers: Providers, fcm: FCM, values: dict[str, Any], code: str
) -> None:
    broken, whole = message(PHONE, **values), message(PHONE)
    outcomes = dict(fcm.send([broken, whole]))
    assert (outcomes[broken.id].fate, outcomes[broken.id].action) == (Fate.REJECTED, Action.FAIL)
    assert outcomes[broken.id].code == code
    assert outcomes[whole.id].fate == Fate.OK
    with pytest.raises(InvalidMessage) as caught:
        fcm.validate(broken)
    assert caught.value.code == code
    fcm.validate(whole)


def test_the_longest_message_is_taken(providers: Providers, fcm: FCM) -> None:
    empty = message(PHONE, body="")
    room = 4096 - len('{"notification":{"title":"Meditate","body":""},"data":{"delivery_id":"') - 36 - len('"}}')
    longest = message(PHONE, id=empty.id, body="x" * room)
    fcm.validate(longest)
    assert only(fcm.send([longest])).fate == Fate.OK
    with pytest.raises(InvalidMessage, match="4097 bytes"):
        fcm.validate(message(PHONE, body="x" * (room + 1)))


def test_a_payload_that_only_fcm_finds_wrong_costs_no_device_either(providers: Providers, fcm: FCM) -> None:
    wrong = failure(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", violations=[("message.data[0].value", "Invalid")])
    providers.script("fcm", {"do": "reply", "status": 400, "body": json.dumps(wrong)})
    results = list(fcm.send(messages(50)))
    assert Counter(outcome.action for _, outcome in results) == {Action.FAIL: 50}


def test_a_wrong_apns_key_in_firebase_makes_no_storm_on_oauth(providers: Providers, fcm: FCM) -> None:
    wrong = failure(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR")
    providers.script("fcm", {"do": "reply", "status": 401, "body": json.dumps(wrong)})
    results = list(fcm.send(messages(300)))
    assert Counter(outcome.action for _, outcome in results) == {Action.FAIL: 300}
    assert providers.report("fcm")["requests"] == 300
    assert providers.report("oauth")["issued"] == 1


def test_a_refused_access_token_is_renewed_once_and_then_the_configuration_is_wrong(
    providers: Providers, fcm: FCM
) -> None:
    providers.script("fcm", {"do": "reply", "status": 401, "body": json.dumps(failure(401, "UNAUTHENTICATED"))})
    first = only(fcm.send([message(PHONE)]))
    assert (first.fate, first.action) == (Fate.NOT_PROCESSED, Action.REPEAT)
    results = list(fcm.send(messages(100)))
    assert Counter(outcome.action for _, outcome in results) == {Action.STOP: 100}
    assert providers.report("oauth")["issued"] == 2


def test_a_batch_whose_token_is_refused_goes_out_with_the_next(providers: Providers, fcm: FCM) -> None:
    assert only(fcm.send([message(PHONE)])).fate == Fate.OK
    providers.script(
        "fcm", {"do": "reply", "status": 401, "body": json.dumps(failure(401, "UNAUTHENTICATED")), "times": 100}
    )
    batch = messages(100)
    counts = Counter(outcome.action for _, outcome in fcm.send(batch))
    assert set(counts) <= {Action.REPEAT, Action.RECORD, Action.STOP}
    assert counts[Action.REPEAT] >= 1
    assert {outcome.fate for _, outcome in fcm.send(batch)} == {Fate.OK}
    assert providers.report("oauth")["issued"] == 2


def test_a_quota_pauses_everything_for_as_long_as_fcm_says(providers: Providers, fcm: FCM) -> None:
    quota = json.dumps(failure(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"))
    providers.script("fcm", {"do": "reply", "status": 429, "headers": {"retry-after": "90"}, "body": quota})
    outcome = only(fcm.send([message(PHONE)]))
    assert (outcome.fate, outcome.action) == (Fate.THROTTLED, Action.PAUSE)
    assert outcome.retry_after == timedelta(seconds=90)
    providers.script("fcm", {"do": "reply", "status": 429, "body": quota})
    assert only(fcm.send([message(PHONE)])).retry_after == timedelta(seconds=60)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (500, failure(500, "INTERNAL", "INTERNAL"), "INTERNAL"),
        (503, failure(503, "UNAVAILABLE", "UNAVAILABLE"), "UNAVAILABLE"),
        (502, "<html><title>502 Bad Gateway</title></html>", "http_502"),
    ],
)
def test_what_fcm_failed_to_answer_well_is_in_doubt(
    providers: Providers, fcm: FCM, status: int, body: Any, code: str
) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    providers.script("fcm", {"do": "reply", "status": status, "body": text})
    outcome = only(fcm.send([message(PHONE)]))
    assert (outcome.fate, outcome.action, outcome.code) == (Fate.UNKNOWN, Action.REPEAT_ONCE, code)
    assert outcome.retry_after == timedelta(seconds=10)
    assert providers.report("fcm")["requests"] == 1


def test_an_answer_in_many_pieces_is_read(providers: Providers, fcm: FCM) -> None:
    providers.script("fcm", {"do": "split"})
    batch = [*messages(20), *dead(20)]
    assert check_exactness(providers, "fcm", batch, fcm.send(batch)) == {Fate.OK: 20, Fate.REJECTED: 20}


def test_a_project_that_does_not_exist_stops_everything_and_retires_nobody(providers: Providers, fcm: FCM) -> None:
    missing = json.dumps(failure(404, "NOT_FOUND"))
    providers.script("fcm", {"do": "reply", "status": 404, "body": missing})
    outcome = only(fcm.send([message(PHONE)]))
    assert (outcome.action, outcome.code) == (Action.STOP, "NOT_FOUND")
