"""What follows for a delivery from each thing that can become of its message."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from notifications.delivery.consequences import FOLLOWS, MOST_LOST, Case, consequence, consequence_of_loss
from notifications.transports import Action, Fate, Outcome

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
TEN = timedelta(seconds=10)


def case(**values: Any) -> Case:
    given = {"kind": "habit", "attempts": 1, "fence": 1, "not_after": NOW + timedelta(hours=2), "now": NOW}
    return Case(**{**given, **values})


def outcome(action: Action, fate: Fate = Fate.NOT_PROCESSED, **values: Any) -> Outcome:
    return Outcome(fate=fate, action=action, code="code", **values)


def test_every_action_has_a_consequence() -> None:
    assert set(FOLLOWS) == set(Action)


@pytest.mark.parametrize(
    ("answer", "state", "refund"),
    [
        (outcome(Action.RECORD, Fate.OK), "sent", 0),
        (outcome(Action.RETIRE, Fate.REJECTED), "rejected", 0),
        (outcome(Action.RETIRE_IF_FEW, Fate.REJECTED), "rejected", 0),
        (outcome(Action.FAIL, Fate.REJECTED), "rejected", 0),
        (outcome(Action.FAIL, Fate.UNKNOWN), "unknown", 0),
        (outcome(Action.REPEAT), "pending", 1),
        (outcome(Action.REPEAT_ONCE, Fate.UNKNOWN), "pending", 0),
        (outcome(Action.DELAY, Fate.THROTTLED, retry_after=TEN), "pending", 1),
        (outcome(Action.PAUSE, Fate.THROTTLED, retry_after=TEN), "pending", 1),
        (outcome(Action.STOP), "pending", 1),
        (outcome(Action.EXPIRE), "expired", 1),
    ],
)
def test_what_follows_from_an_answer(answer: Outcome, state: str, refund: int) -> None:
    found = consequence(answer, case())

    assert (found.state, found.refund, found.code) == (state, refund, "code")


def test_what_may_have_arrived_is_repeated_once_and_then_left_alone() -> None:
    lost = outcome(Action.REPEAT_ONCE, Fate.UNKNOWN, retry_after=TEN)

    assert consequence(lost, case(attempts=1)).next_at == NOW + TEN
    assert consequence(lost, case(attempts=2)).state == "unknown"


def test_what_does_not_replace_itself_is_not_repeated() -> None:
    assert consequence(outcome(Action.REPEAT_ONCE, Fate.UNKNOWN), case(kind="test")).state == "unknown"
    assert consequence_of_loss(case(kind="test")).state == "unknown"


@pytest.mark.parametrize(
    ("action", "state"),
    [(Action.REPEAT_ONCE, "unknown"), (Action.REPEAT, "expired"), (Action.DELAY, "expired")],
)
def test_nothing_is_put_off_beyond_its_expiry(action: Action, state: str) -> None:
    soon = case(not_after=NOW + TEN)

    assert consequence(outcome(action, Fate.UNKNOWN, retry_after=TEN), soon).state == state


def test_a_sender_that_vanishes_again_and_again_takes_the_message_along_at_last() -> None:
    states = [consequence_of_loss(case(attempts=attempts)).state for attempts in range(1, MOST_LOST + 1)]

    assert states == ["pending"] * (MOST_LOST - 1) + ["unknown"]


def test_a_server_that_refuses_everything_is_asked_less_and_less_often() -> None:
    waits = [consequence(outcome(Action.REPEAT), case(fence=fence)).next_at for fence in (1, 3, 4, 6, 9, 30)]

    assert waits == [NOW + timedelta(seconds=seconds) for seconds in (0, 0, 2, 8, 60, 60)]
