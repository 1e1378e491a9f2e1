"""Google's access tokens: one at a time, in time, and no storm when there is none."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from notifications.transports import Action, Fate, Outcome
from notifications.transports.fcm import FCM
from tests.providers import Providers
from tests.threads import at_once

from .conftest import message, messages
from .exactness import check_exactness

Make = Callable[..., FCM]


def test_eight_threads_that_begin_together_fetch_one_token(providers: Providers, fcm: FCM) -> None:
    providers.set("oauth", seconds=0.2)
    fates = Counter[Fate]()
    at_once(*[lambda: fates.update(outcome.fate for _, outcome in fcm.send(messages(20)))] * 8)
    assert fates == {Fate.OK: 160}
    assert providers.report("oauth")["requests"] == 1


def test_a_token_is_renewed_by_one_thread_while_it_lives_and_refused_to_none(
    providers: Providers, fcm: FCM, monkeypatch: pytest.MonkeyPatch
) -> None:
    life, end = 4, time.monotonic() + 2
    providers.set("oauth", life=life)
    providers.set("fcm", seconds=0.02)  # so that the threads mostly wait
    # Renewed at 0.8 s, and used for 1.2 s at most: a message may take 2.8 s on its way, however busy the machine is.
    monkeypatch.setattr("notifications.transports.fcm.oauth.RENEW_AT", 0.2)
    monkeypatch.setattr("notifications.transports.fcm.oauth.MARGIN", 0.7)
    fates = Counter[Fate]()

    def send() -> None:
        while time.monotonic() < end:
            fates.update(outcome.fate for _, outcome in fcm.send(messages(10)))

    at_once(*[send] * 4)
    assert set(fates) == {Fate.OK}
    # The first after nothing, the others 0.8 s apart at least; a slow machine gets by with fewer.
    assert 2 <= providers.report("oauth")["issued"] <= 3
    assert providers.report("fcm")["statuses"] == {"200": fates.total()}


def test_messages_are_not_sent_while_google_gives_no_token_and_google_is_asked_once(
    providers: Providers, fcm: FCM
) -> None:
    providers.script("oauth", {"do": "reply", "status": 503})
    outcomes = [outcome for _, outcome in fcm.send(messages(300))]
    assert Counter((outcome.fate, outcome.action) for outcome in outcomes) == {(Fate.NOT_PROCESSED, Action.PAUSE): 300}
    assert {outcome.retry_after for outcome in outcomes} == {timedelta(seconds=10)}
    assert providers.report("oauth")["requests"] == 1
    assert providers.report("fcm")["requests"] == 0


@pytest.mark.usefixtures("long_backoff")
@pytest.mark.parametrize(
    ("fault", "action", "code"),
    [
        ({"do": "reply", "status": 400, "body": json.dumps({"error": "invalid_grant"})}, "stop", "oauth_invalid_grant"),
        (
            {"do": "reply", "status": 401, "body": json.dumps({"error": "invalid_client"})},
            "stop",
            "oauth_invalid_client",
        ),
        ({"do": "reply", "status": 429, "headers": {"retry-after": "33"}}, "pause", "oauth_429"),
        ({"do": "reply", "status": 200, "body": "<html>"}, "pause", "oauth_200"),
        ({"do": "close_before"}, "pause", "oauth_unreachable"),  # the second attempt has to wait
    ],
)
def test_why_there_is_no_token_is_told(
    providers: Providers, fcm: FCM, fault: dict[str, object], action: str, code: str
) -> None:
    providers.script("oauth", fault)
    outcomes: list[Outcome] = [outcome for _, outcome in fcm.send(messages(3))]
    assert {(outcome.fate, outcome.action, outcome.code) for outcome in outcomes} == {
        (Fate.NOT_PROCESSED, Action(action), code)
    }


def test_a_lost_answer_about_a_token_is_asked_for_again(providers: Providers, fcm: FCM) -> None:
    """The tokens' connection broke, and it had never answered: the next attempt is made after a wait."""
    assert [outcome.fate for _, outcome in fcm.send([message("phone")])] == [Fate.OK]
    providers.clear()
    providers.script("oauth", {"do": "reset_after", "times": 1})
    providers.script("fcm", {"do": "reply", "status": 401, "times": 1})
    batch = [message("one"), message("two")]
    assert {outcome.action for _, outcome in fcm.send(batch[:1])} == {Action.REPEAT}
    assert check_exactness(providers, "fcm", batch, fcm.send(batch)) == {Fate.OK: 2}
    assert providers.report("oauth")["requests"] == 2
