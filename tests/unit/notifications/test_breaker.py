"""When the breaker of a transport opens, and how it closes again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.breaker import (
    COOLDOWN,
    LONGEST_COOLDOWN,
    MAX_BAD,
    SAMPLE,
    TRIAL,
    WINDOW,
    Breaker,
    State,
    Verdict,
)

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
GOOD, BAD, FATAL, NEUTRAL = Verdict.GOOD, Verdict.BAD, Verdict.FATAL, Verdict.NEUTRAL

verdicts = st.lists(st.sampled_from([GOOD, BAD, NEUTRAL]), max_size=600)


def after(*answers: Verdict, breaker: Breaker | None = None, now: datetime = NOW) -> Breaker:
    return (breaker or Breaker()).record([(verdict, f"{verdict}_code") for verdict in answers], now)


def opened(failures: int = 1) -> Breaker:
    breaker = Breaker(failures=failures - 1)
    return after(FATAL, breaker=breaker)


def test_a_new_breaker_lets_any_number_pass() -> None:
    assert Breaker().allowance(NOW) is None


def test_a_wrong_credential_opens_it_at_once() -> None:
    breaker = after(GOOD, FATAL)
    assert (breaker.state, breaker.reason, breaker.retry_at) == (State.OPEN, "fatal_code", NOW + COOLDOWN)
    assert breaker.allowance(NOW) == 0


def test_a_fifth_of_bad_answers_is_borne_and_more_is_not() -> None:
    borne = after(*[BAD] * 40, breaker=after(*[GOOD] * 160))
    assert borne.state == State.CLOSED
    assert after(BAD, breaker=borne).state == State.OPEN


def test_a_few_bad_answers_say_nothing_before_there_are_enough() -> None:
    assert after(*[BAD] * (SAMPLE - 1)).state == State.CLOSED
    assert after(*[BAD] * SAMPLE).reason == "share"


def test_old_answers_are_forgotten() -> None:
    breaker = after(*[GOOD] * 170, *[BAD] * 30, *[GOOD] * 190)
    assert breaker.recent == "x" * 10 + "." * 190


def test_after_the_wait_one_message_is_let_through() -> None:
    breaker = opened()
    assert breaker.allowance(NOW + COOLDOWN - timedelta(seconds=1)) == 0
    assert breaker.allowance(NOW + COOLDOWN) == 1
    trial = breaker.begin_trial(NOW + COOLDOWN)
    assert (trial.state, trial.allowance(NOW + COOLDOWN)) == (State.HALF_OPEN, 0)


def test_a_trial_that_succeeds_closes_it_and_forgets_the_past() -> None:
    trial = opened(failures=3).begin_trial(NOW + timedelta(hours=1))
    closed = after(GOOD, breaker=trial)
    assert (closed.state, closed.failures, closed.recent) == (State.CLOSED, 0, ".")


@pytest.mark.parametrize("verdict", [BAD, FATAL])
def test_a_trial_that_fails_doubles_the_wait(verdict: Verdict) -> None:
    later = NOW + COOLDOWN
    again = after(verdict, breaker=opened().begin_trial(later), now=later)
    assert (again.state, again.retry_at) == (State.OPEN, later + 2 * COOLDOWN)


def test_the_wait_has_an_end() -> None:
    assert opened(failures=50).retry_at == NOW + LONGEST_COOLDOWN


def test_a_trial_whose_sender_died_is_given_to_another() -> None:
    trial = opened().begin_trial(NOW + COOLDOWN)
    assert trial.allowance(NOW + COOLDOWN + TRIAL) == 1
    assert trial.begin_trial(NOW + COOLDOWN + TRIAL).retry_at == NOW + COOLDOWN + 2 * TRIAL


def test_no_trial_is_given_where_none_is_due() -> None:
    with pytest.raises(ValueError, match="has no trial to give"):
        opened().begin_trial(NOW)
    with pytest.raises(ValueError, match="closed and has no trial"):
        Breaker().begin_trial(NOW)


def test_late_answers_do_not_close_it_nor_prolong_the_wait() -> None:
    breaker = opened()
    assert after(GOOD, BAD, FATAL, breaker=breaker, now=NOW + timedelta(seconds=5)) == breaker


def test_a_limit_says_nothing_about_the_transport() -> None:
    assert after(*[NEUTRAL] * 500) == Breaker()
    trial = opened().begin_trial(NOW + COOLDOWN)
    assert after(NEUTRAL, breaker=trial) == trial


@given(verdicts)
def test_it_is_open_exactly_if_some_window_was_too_bad(answers: list[Verdict]) -> None:
    said = [verdict for verdict in answers if verdict != NEUTRAL]
    windows = [said[max(0, end - WINDOW) : end] for end in range(SAMPLE, len(said) + 1)]
    too_bad = any(window.count(BAD) > MAX_BAD * len(window) for window in windows)
    assert (after(*answers).state == State.OPEN) == too_bad


@given(verdicts, st.integers(0, 600))
def test_it_does_not_matter_in_which_portions_answers_are_recorded(answers: list[Verdict], cut: int) -> None:
    assert after(*answers[cut:], breaker=after(*answers[:cut])) == after(*answers)
