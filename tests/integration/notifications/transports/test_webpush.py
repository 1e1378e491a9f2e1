"""Browsers' push services: what reaches them, and what is made of their answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from notifications.domain.breaker import Verdict
from notifications.transports import Action, Fate, InvalidMessage, Outcome, Priority, SubscriptionKeys
from notifications.transports.webpush import WebPush
from notifications.transports.webpush.encryption import MOST_TEXT
from tests.providers import Providers

from .conftest import message, subscribed

Make = Callable[..., WebPush]


def only(results: Any) -> Outcome:
    ((_, outcome),) = results
    return outcome  # type: ignore[no-any-return]


def test_the_browser_reads_what_was_meant(providers: Providers, webpush: WebPush) -> None:
    sent = subscribed(providers.subscribe()[0], data={"habit": "42"}, ttl=timedelta(minutes=10), private=True)
    outcome = only(webpush.send([sent]))
    assert (outcome.fate, outcome.provider_id) == (Fate.OK, "")
    (accepted,) = providers.accepted("webpush")
    assert accepted["payload"] == {
        "title": sent.title,
        "body": sent.body,
        "tag": sent.collapse_id,
        "private": True,
        "data": {"habit": "42", "delivery_id": str(sent.id)},
    }
    assert accepted["headers"]["topic"] == sent.collapse_id
    assert accepted["headers"]["urgency"] == "high"
    assert 595 <= int(accepted["headers"]["ttl"]) <= 600


def test_a_quiet_message(providers: Providers, webpush: WebPush) -> None:
    only(webpush.send([subscribed(providers.subscribe()[0], priority=Priority.NORMAL)]))
    assert providers.accepted("webpush")[0]["headers"]["urgency"] == "normal"


def test_a_batch_goes_over_one_connection_and_each_browser_reads_its_own(
    providers: Providers, webpush: WebPush
) -> None:
    batch = [subscribed(one, title=f"For {index}") for index, one in enumerate(providers.subscribe(200))]
    assert Counter(outcome.fate for _, outcome in webpush.send(batch)) == {Fate.OK: 200}
    read = {taken["address"]: taken["payload"]["title"] for taken in providers.accepted("webpush")}
    assert read == {sent.address.removeprefix(providers.url("webpush")): sent.title for sent in batch}
    assert providers.report("webpush")["connected"] == 1


def test_a_subscription_that_is_gone_is_told(providers: Providers, webpush: WebPush) -> None:
    sent = subscribed(providers.subscribe()[0])
    gone = message(providers.url("webpush") + "/push/gone", keys=sent.keys)
    outcome = only(webpush.send([gone]))
    assert (outcome.code, outcome.action) == ("http_410", Action.RETIRE)


def test_a_foreign_endpoint_is_never_talked_to(providers: Providers, webpush: WebPush) -> None:
    """The endpoint comes from whoever registers: it could be any server of the inner network."""
    keys = subscribed(providers.subscribe()[0]).keys
    foreign = message(providers.url("apns") + "/latest/meta-data", keys=keys)
    outcome = only(webpush.send([foreign]))
    assert (outcome.action, outcome.code) == (Action.FAIL, "foreign_endpoint")
    assert providers.report("apns")["connected"] == 0
    with pytest.raises(InvalidMessage, match="not https to a push service that is allowed"):
        webpush.validate(foreign)


def test_a_redirect_is_not_followed(providers: Providers, webpush: WebPush) -> None:
    providers.script("webpush", {"do": "reply", "status": 307, "headers": {"location": providers.url("apns")}})
    outcome = only(webpush.send([subscribed(providers.subscribe()[0])]))
    assert (outcome.fate, outcome.action, outcome.code) == (Fate.REJECTED, Action.FAIL, "http_307")
    assert providers.report("apns")["connected"] == 0


@pytest.mark.parametrize(
    ("keys", "code"),
    [(None, "no_keys"), (SubscriptionKeys("AAAA", "AAAA"), "bad_keys")],
)
def test_a_message_without_good_keys_is_not_sent(
    providers: Providers, webpush: WebPush, keys: SubscriptionKeys | None, code: str
) -> None:
    broken = message(providers.subscribe()[0]["endpoint"], keys=keys)
    assert only(webpush.send([broken])).code == code
    with pytest.raises(InvalidMessage) as caught:
        webpush.validate(broken)
    assert caught.value.code == code
    assert providers.report("webpush")["requests"] == 0


def test_the_longest_message_is_taken_and_a_longer_one_is_not_sent(providers: Providers, webpush: WebPush) -> None:
    one = providers.subscribe()[0]
    frame = len('{"title":"Meditate","body":"","tag":"habit-42_2026-01-05","private":false,"data":{"delivery_id":"')
    room = MOST_TEXT - frame - 36 - len('"}}')
    assert only(webpush.send([subscribed(one, body="x" * room)])).fate == Fate.OK
    too_long = subscribed(one, body="x" * (room + 1))
    assert only(webpush.send([too_long])).code == "payload_too_large"
    with pytest.raises(InvalidMessage, match="3994 bytes"):
        webpush.validate(too_long)


def test_a_subscription_made_with_another_key_is_retired_while_there_are_few(
    providers: Providers, make_webpush: Make
) -> None:
    webpush = make_webpush(credentials_file=str(providers.credentials.apns_key))
    outcome = only(webpush.send([subscribed(providers.subscribe()[0])]))
    assert (outcome.action, outcome.code, outcome.verdict) == (Action.RETIRE_IF_FEW, "http_403", Verdict.BAD)


@pytest.mark.parametrize(
    ("status", "action", "seconds"),
    [(429, Action.DELAY, 120), (503, Action.REPEAT_ONCE, 120), (413, Action.FAIL, None)],
)
def test_what_the_push_service_says_is_done(
    providers: Providers, webpush: WebPush, status: int, action: Action, seconds: int | None
) -> None:
    providers.script("webpush", {"do": "reply", "status": status, "headers": {"retry-after": "120"}})
    outcome = only(webpush.send([subscribed(providers.subscribe()[0])]))
    assert outcome.action == action
    assert outcome.retry_after == (None if seconds is None else timedelta(seconds=seconds))


def test_browsers_subscribe_with_the_public_key(providers: Providers, webpush: WebPush) -> None:
    assert len(webpush.public_key) == 87
    assert webpush.public_key.startswith("B")
