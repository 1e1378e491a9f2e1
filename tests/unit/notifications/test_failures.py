"""What is certain about a request that has no answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.transports.wire.exchange import NOT_SENT, Failure
from notifications.transports.wire.failure import UNTRUSTED, failure_of, is_refusal

errors = st.integers(1, 101)
maybe = st.booleans()


def of(error: int, *, handed_over: bool = True, refused: bool = False, answered: bool = False) -> Failure | None:
    return failure_of(error, handed_over=handed_over, refused=refused, answered=answered)


@pytest.mark.parametrize(
    ("error", "handed_over", "refused", "expected"),
    [
        (0, True, False, None),
        (6, False, False, Failure.UNREACHABLE),  # the name is not known
        (7, False, False, Failure.UNREACHABLE),  # nobody listens
        (28, False, False, Failure.UNREACHABLE),  # the connection took too long
        (35, False, False, Failure.UNREACHABLE),  # TLS ended early
        (60, False, False, Failure.UNTRUSTED),
        (77, False, False, Failure.UNTRUSTED),
        (42, True, True, Failure.REFUSED),  # stopped before a repetition
        (7, True, True, Failure.REFUSED),  # refused, and then no other connection could be made
        (28, True, True, Failure.REFUSED),
        (42, True, False, Failure.BROKEN),  # a connection that had ended
        (7, True, False, Failure.BROKEN),  # the same, and then no other connection could be made
        (16, True, False, Failure.BROKEN),
        (55, True, False, Failure.BROKEN),
        (56, True, False, Failure.BROKEN),
        (92, True, False, Failure.BROKEN),
        (28, True, False, Failure.TIMEOUT),
    ],
)
def test_an_error_of_libcurl_is_classified(
    error: int, handed_over: bool, refused: bool, expected: Failure | None
) -> None:
    assert of(error, handed_over=handed_over, refused=refused) == expected


@given(errors, maybe, maybe)
def test_what_was_not_handed_over_was_not_sent_whatever_the_error(error: int, refused: bool, answered: bool) -> None:
    assert of(error, handed_over=False, refused=refused, answered=answered) in NOT_SENT


@given(errors, maybe)
def test_what_was_handed_over_is_in_doubt_unless_it_was_refused(error: int, answered: bool) -> None:
    assert of(error, answered=answered) not in NOT_SENT


@given(errors)
def test_a_server_that_answers_and_then_refuses_is_not_believed(error: int) -> None:
    assert of(error, refused=True, answered=True) in {Failure.BROKEN, Failure.TIMEOUT}


def test_errors_that_time_may_mend_are_not_called_untrusted() -> None:
    assert UNTRUSTED.isdisjoint({5, 6, 7, 28, 35, 55, 56})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"HTTP/2 stream 7 refused by server, try again on a new connection\n", True),
        (b"HTTP/2 stream 7 reset by server (error 0x2 INTERNAL_ERROR)\n", False),
        (b"SOCKS: connection refused by server\n", False),
        (b"REFUSED_STREAM, retrying a fresh connect\n", False),
    ],
)
def test_only_libcurls_own_line_is_a_refusal(text: bytes, expected: bool) -> None:
    assert is_refusal(text) == expected
