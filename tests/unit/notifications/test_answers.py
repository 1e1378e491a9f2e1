"""Every row of the tables from providers' answers to what follows; the expectations are those of the documents."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from notifications.domain.breaker import Verdict
from notifications.transports.apns import answers as apns
from notifications.transports.fcm import answers as fcm
from notifications.transports.http_transport import FAILURES
from notifications.transports.outcome import ANY, Action, Fate, Outcome, Ruling, Table, ruling_for
from notifications.transports.webpush import answers as webpush
from notifications.transports.wire import Failure
from tests.providers.fcm import failure

SENT = (Fate.OK, Action.RECORD)
GONE = (Fate.REJECTED, Action.RETIRE)
DOUBTFUL = (Fate.REJECTED, Action.RETIRE_IF_FEW)
OURS = (Fate.REJECTED, Action.FAIL)
STOP = (Fate.NOT_PROCESSED, Action.STOP)
RENEW = (Fate.NOT_PROCESSED, Action.REPEAT)
MAYBE = (Fate.UNKNOWN, Action.REPEAT_ONCE)
PAUSE = (Fate.THROTTLED, Action.PAUSE)
DELAY = (Fate.THROTTLED, Action.DELAY)

FCM = [
    (200, ANY, SENT, None),
    (404, "UNREGISTERED", GONE, None),
    (404, ANY, STOP, None),
    (400, fcm.BAD_TOKEN, GONE, None),
    (400, "INVALID_ARGUMENT", OURS, None),
    (400, ANY, OURS, None),
    (403, "SENDER_ID_MISMATCH", DOUBTFUL, None),
    (403, ANY, STOP, None),
    (401, "THIRD_PARTY_AUTH_ERROR", OURS, None),
    (401, ANY, RENEW, None),
    (429, "QUOTA_EXCEEDED", PAUSE, 60),
    (429, ANY, PAUSE, 60),
    (500, "INTERNAL", MAYBE, 10),
    (503, "UNAVAILABLE", MAYBE, 10),
    (5, ANY, MAYBE, 10),
    (4, ANY, OURS, None),
]
APNS = [
    (200, ANY, SENT, None),
    (410, "Unregistered", GONE, None),
    (410, "ExpiredToken", GONE, None),
    (410, ANY, GONE, None),
    (400, "BadDeviceToken", DOUBTFUL, None),
    (400, "DeviceTokenNotForTopic", DOUBTFUL, None),
    (400, "BadCollapseId", OURS, None),
    (400, "BadExpirationDate", OURS, None),
    (400, "BadMessageId", OURS, None),
    (400, "BadPriority", OURS, None),
    (400, "BadTopic", OURS, None),
    (400, "DuplicateHeaders", OURS, None),
    (400, "IdleTimeout", OURS, None),
    (400, "InvalidPushType", OURS, None),
    (400, "MissingDeviceToken", OURS, None),
    (400, "MissingTopic", OURS, None),
    (400, "PayloadEmpty", OURS, None),
    (400, "TopicDisallowed", OURS, None),
    (400, ANY, OURS, None),
    (404, "BadPath", OURS, None),
    (405, "MethodNotAllowed", OURS, None),
    (413, "PayloadTooLarge", OURS, None),
    (403, "ExpiredProviderToken", RENEW, None),
    (403, "InvalidProviderToken", STOP, None),
    (403, "MissingProviderToken", STOP, None),
    (403, "BadEnvironmentKeyIdInToken", STOP, None),
    (403, "BadCertificate", STOP, None),
    (403, "BadCertificateEnvironment", STOP, None),
    (403, "Forbidden", STOP, None),
    (403, "UnrelatedKeyIdInToken", STOP, None),
    (403, ANY, STOP, None),
    (429, "TooManyRequests", DELAY, 60),
    (429, "TooManyProviderTokenUpdates", PAUSE, 60),
    (429, ANY, DELAY, 60),
    (500, "InternalServerError", MAYBE, 900),
    (503, "ServiceUnavailable", MAYBE, 900),
    (503, "Shutdown", MAYBE, 900),
    (5, ANY, MAYBE, 900),
    (4, ANY, OURS, None),
]
WEBPUSH = [
    (2, ANY, SENT, None),
    (3, ANY, OURS, None),
    (404, ANY, GONE, None),
    (410, ANY, GONE, None),
    (400, ANY, OURS, None),
    (401, ANY, DOUBTFUL, None),
    (403, ANY, DOUBTFUL, None),
    (413, ANY, OURS, None),
    (429, ANY, DELAY, 60),
    (4, ANY, OURS, None),
    (5, ANY, MAYBE, 10),
]
ROWS = [
    pytest.param(table, *row, id=f"{name}-{row[0]}-{row[1]}")
    for name, table, rows in (("fcm", fcm.TABLE, FCM), ("apns", apns.TABLE, APNS), ("webpush", webpush.TABLE, WEBPUSH))
    for row in rows
]


@pytest.mark.parametrize(("table", "status", "code", "expected", "seconds"), ROWS)
def test_an_answer_has_the_outcome_that_its_row_says(
    table: Table, status: int, code: str, expected: tuple[Fate, Action], seconds: int | None
) -> None:
    real_status = status * 100 + 99 if status < 10 else status
    outcome = ruling_for(table, real_status, "SomethingNew" if code == ANY else code).outcome("x")
    assert (outcome.fate, outcome.action) == expected
    assert outcome.retry_after == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(("table", "rows"), [(fcm.TABLE, FCM), (apns.TABLE, APNS), (webpush.TABLE, WEBPUSH)])
def test_no_row_is_without_a_test(table: Table, rows: list[tuple[Any, ...]]) -> None:
    assert set(table) == {(status, code) for status, code, *_ in rows}


@pytest.mark.parametrize(
    ("failed", "expected"),
    [
        (Failure.EXPIRED, (Fate.NOT_PROCESSED, Action.EXPIRE)),
        (Failure.UNREACHABLE, (Fate.NOT_PROCESSED, Action.PAUSE)),
        (Failure.UNTRUSTED, (Fate.NOT_PROCESSED, Action.STOP)),
        (Failure.REFUSED, (Fate.NOT_PROCESSED, Action.REPEAT)),
        (Failure.WITHDRAWN, (Fate.NOT_PROCESSED, Action.REPEAT)),
        (Failure.TIMEOUT, (Fate.UNKNOWN, Action.REPEAT_ONCE)),
        (Failure.BROKEN, (Fate.UNKNOWN, Action.REPEAT_ONCE)),
    ],
)
def test_a_failure_on_the_way_has_its_outcome(failed: Failure, expected: tuple[Fate, Action]) -> None:
    assert (FAILURES[failed].fate, FAILURES[failed].action) == expected
    assert set(FAILURES) == set(Failure)


@pytest.mark.parametrize("failed", [Failure.UNREACHABLE, Failure.UNTRUSTED])
def test_one_push_service_that_is_away_does_not_stop_the_others(failed: Failure) -> None:
    outcome = webpush.FAILED[failed].outcome(failed)
    assert (outcome.fate, outcome.action) == (Fate.NOT_PROCESSED, Action.REPEAT)
    assert set(webpush.FAILED) == set(FAILURES)


def test_an_answer_that_no_table_foresees_is_in_doubt_and_an_alarm() -> None:
    outcome = ruling_for(fcm.TABLE, 302, "").outcome("http_302")
    assert (outcome.fate, outcome.action, outcome.alarm) == (*MAYBE, True)


def test_few_answers_touch_the_connection_or_the_credential() -> None:
    assert {code for (_, code), row in apns.TABLE.items() if row.reconnect} == {
        "UnrelatedKeyIdInToken",
        "TooManyProviderTokenUpdates",
        "Shutdown",
    }
    assert {key for key, row in apns.TABLE.items() if row.renew} == {(403, "ExpiredProviderToken")}
    assert {key for key, row in fcm.TABLE.items() if row.renew} == {(401, ANY)}
    assert not any(row.reconnect for row in fcm.TABLE.values())
    assert not any(row.renew or row.reconnect for row in webpush.TABLE.values())


def body(error: dict[str, Any]) -> bytes:
    return json.dumps(error).encode()


@pytest.mark.parametrize(
    ("status", "content", "code"),
    [
        (404, failure(404, "NOT_FOUND", "UNREGISTERED"), "UNREGISTERED"),
        (404, failure(404, "NOT_FOUND"), "NOT_FOUND"),
        (400, failure(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT"), "INVALID_ARGUMENT"),
        (401, failure(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"), "THIRD_PARTY_AUTH_ERROR"),
        (403, failure(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"), "SENDER_ID_MISMATCH"),
        (403, failure(403, "PERMISSION_DENIED"), "PERMISSION_DENIED"),
    ],
)
def test_fcms_own_code_goes_before_googles(status: int, content: dict[str, Any], code: str) -> None:
    assert fcm.code_in(status, body(content)) == code


NOT_VALID = "The registration token is not a valid FCM registration token"


@pytest.mark.parametrize(
    ("content", "is_the_token"),
    [
        (failure(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", message=NOT_VALID), True),
        (failure(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", violations=[("message.token", "Invalid")]), True),
        (failure(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", violations=[("message.data[0]", NOT_VALID)]), False),
        (
            failure(
                400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", violations=[("message.token", ""), ("message.android", "")]
            ),
            False,
        ),
        (failure(400, "INVALID_ARGUMENT", violations=[("", "Invalid JSON payload received.")]), False),
        (failure(400, "INVALID_ARGUMENT", message=NOT_VALID), False),
    ],
)
def test_a_device_is_blamed_only_where_nothing_else_can_be(content: dict[str, Any], is_the_token: bool) -> None:
    assert (fcm.code_in(400, body(content)) == fcm.BAD_TOKEN) == is_the_token


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>502</html>",
        b"\xff\xfe",
        b"[]",
        b'{"error": 1}',
        b'{"error": {"details": 3, "status": ["x"]}}',
        b'{"error": {"details": [null, {"@type": 1, "errorCode": {}}], "status": "not a code, but a text"}}',
        b'{"error": {"details": [{"@type": "x.BadRequest", "fieldViolations": [7]}]}}',
    ],
)
def test_an_answer_that_is_not_googles_has_no_code(content: bytes) -> None:
    assert fcm.code_in(400, content) == ""


def test_the_time_of_death_is_in_milliseconds() -> None:
    assert apns.dead_since(1767600000123) == datetime(2026, 1, 5, 8, 0, 0, 123000, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, "1767600000123", 0, -1, 10**20, 1.5])
def test_a_time_that_cannot_be_is_none(value: object) -> None:
    assert apns.dead_since(value) is None


@pytest.mark.parametrize(
    ("ruling", "verdict"),
    [
        (fcm.TABLE[200, ANY], Verdict.GOOD),
        (fcm.TABLE[404, "UNREGISTERED"], Verdict.GOOD),
        (fcm.TABLE[400, "INVALID_ARGUMENT"], Verdict.BAD),
        (apns.TABLE[400, "BadDeviceToken"], Verdict.BAD),
        (fcm.TABLE[503, "UNAVAILABLE"], Verdict.BAD),
        (FAILURES[Failure.TIMEOUT], Verdict.BAD),
        (fcm.TABLE[403, ANY], Verdict.FATAL),
        (fcm.TABLE[429, "QUOTA_EXCEEDED"], Verdict.NEUTRAL),
        (FAILURES[Failure.UNREACHABLE], Verdict.NEUTRAL),
        (FAILURES[Failure.EXPIRED], Verdict.NEUTRAL),
    ],
)
def test_the_breaker_learns_what_an_outcome_says_of_the_transport(ruling: Ruling, verdict: Verdict) -> None:
    assert ruling.outcome("x").verdict == verdict


def test_the_longer_wait_counts() -> None:
    row = Ruling(Fate.THROTTLED, Action.DELAY, wait=timedelta(seconds=60))
    assert row.outcome("x", retry_after=timedelta(seconds=5)).retry_after == timedelta(seconds=60)
    assert row.outcome("x", retry_after=timedelta(seconds=90)).retry_after == timedelta(seconds=90)


def test_what_was_sent_has_nothing_to_wait_for() -> None:
    sent: Outcome = fcm.TABLE[200, ANY].outcome("sent", retry_after=timedelta(seconds=5))
    assert sent.retry_after is None
