"""Faults between this machine and a provider, and what is said of each message that they befell."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from notifications.transports import Action, Fate
from notifications.transports.apns import APNs
from tests.providers import Providers
from tests.thoroughness import draws

from .conftest import messages
from .exactness import check_exactness

OK, NOT_PROCESSED, UNKNOWN = Fate.OK, Fate.NOT_PROCESSED, Fate.UNKNOWN
Make = Callable[..., Any]


@pytest.mark.parametrize("seconds", [0, 0.05], ids=["quick", "slow"])
@pytest.mark.parametrize(
    ("fault", "fate"),
    [
        ("refuse", NOT_PROCESSED),
        ("reset_before", UNKNOWN),
        ("reset_after", UNKNOWN),
        ("reset_amid", OK),  # its status has come: it was accepted
        ("split", OK),
        ("delay", OK),
    ],
)
def test_a_fault_of_one_stream_befalls_one_message(
    providers: Providers, apns: APNs, fault: str, fate: Fate, seconds: float
) -> None:
    providers.set("apns", seconds=seconds)
    providers.script("apns", {"do": fault, "after": 60, "times": 1, "seconds": 0.2})
    batch = messages(200)
    counts = check_exactness(providers, "apns", batch, apns.send(batch))
    expected = {OK: 200} if fate == OK else {OK: 199, fate: 1}
    assert counts == expected


@pytest.mark.parametrize("seconds", [0, 0.05], ids=["quick", "slow"])
@pytest.mark.parametrize("fault", ["abort_before", "abort_after", "close_before", "close_after", "go_away_now"])
def test_a_connection_that_ends_leaves_what_was_under_way_in_doubt_and_repeats_nothing(
    providers: Providers, apns: APNs, fault: str, seconds: float
) -> None:
    providers.set("apns", seconds=seconds)
    providers.script("apns", {"do": fault, "after": 60, "times": 1})
    batch = messages(200)
    counts = check_exactness(providers, "apns", batch, apns.send(batch))
    assert 1 <= counts[UNKNOWN] <= 100, "those that were under way"
    assert counts[OK] + counts[UNKNOWN] + counts[NOT_PROCESSED] == 200


def test_a_reset_after_acceptance_gives_one_doubt_and_one_acceptance(providers: Providers, apns: APNs) -> None:
    """libcurl would send the second message again by itself: its connection was used before and gave no byte."""
    first, second = messages(2)
    assert [outcome.fate for _, outcome in apns.send([first])] == [OK]
    providers.script("apns", {"do": "abort_after", "times": 1})
    ((_, outcome),) = apns.send([second])
    assert (outcome.fate, outcome.action, outcome.code.split(":")[0]) == (UNKNOWN, Action.REPEAT_ONCE, "broken")
    assert [taken["address"] for taken in providers.accepted("apns")] == [first.address, second.address]


@pytest.mark.parametrize("code", [0, 8, 11, 13], ids=["NO_ERROR", "CANCEL", "ENHANCE_YOUR_CALM", "HTTP_1_1_REQUIRED"])
def test_no_code_of_a_reset_makes_libcurl_repeat(providers: Providers, apns: APNs, code: int) -> None:
    batch = messages(20)
    providers.script("apns", {"do": "reset_after", "after": 10, "times": 1, "code": code})
    assert check_exactness(providers, "apns", batch, apns.send(batch)) == {OK: 19, UNKNOWN: 1}


@pytest.mark.parametrize("fault", ["go_away", "go_away_previous"])
@pytest.mark.parametrize("seconds", [0, 0.05], ids=["quick", "slow"])
def test_a_graceful_goaway_leaves_nothing_in_doubt(
    providers: Providers, apns: APNs, fault: str, seconds: float
) -> None:
    providers.set("apns", seconds=seconds)
    providers.script("apns", {"do": fault, "after": 60, "times": 1})
    batch = messages(200)
    counts = check_exactness(providers, "apns", batch, apns.send(batch))
    assert counts[UNKNOWN] == 0
    assert counts[OK] >= 100


def test_a_goaway_each_thousand_requests_under_load_leaves_nothing_in_doubt(providers: Providers, apns: APNs) -> None:
    providers.script("apns", {"do": "go_away", "after": 500, "every": 1000})
    batch = messages(3000)
    counts = check_exactness(providers, "apns", batch, apns.send(batch))
    assert counts[UNKNOWN] == 0
    assert counts[OK] + counts[NOT_PROCESSED] == 3000
    assert counts[OK] >= 2700, "no more is given back than what was under way"
    assert providers.report("apns")["connected"] >= 3


def test_what_a_server_refuses_for_ever_is_given_back_and_not_tried_for_ever(providers: Providers, apns: APNs) -> None:
    providers.script("apns", {"do": "refuse"})
    batch = messages(50)
    assert check_exactness(providers, "apns", batch, apns.send(batch)) == {NOT_PROCESSED: 50}
    assert providers.report("apns")["requests"] == 50


FAULTS = (
    "refuse",
    "reset_before",
    "reset_after",
    "reset_amid",
    "abort_after",
    "close_after",
    "go_away",
    "go_away_now",
    "split",
)


@pytest.mark.parametrize("seed", range(draws(12)))
def test_whatever_befalls_the_connections_every_outcome_is_true(providers: Providers, apns: APNs, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311
    faults = [{"do": fault, "after": dice.randrange(60), "every": dice.randrange(45, 270)} for fault in FAULTS]
    providers.set("apns", seconds=dice.choice([0, 0.01]))
    providers.script("apns", *dice.sample(faults, len(faults)))
    batch = messages(600)
    counts = check_exactness(providers, "apns", batch, apns.send(batch))
    assert set(counts) <= {OK, NOT_PROCESSED, UNKNOWN}
    assert counts[OK] > 0
