"""Why a job is not running, in one sentence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusjobs.jobs.domain.explain import Facts, explain, length
from focusjobs.jobs.domain.lifecycle import State

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def facts(state: State, **known: Any) -> Facts:
    return Facts(**{"now": NOW, "state": state, "queue": "default", "run_at": NOW - timedelta(minutes=1), **known})


WAITING = [
    (
        {"paused_by": "Ana", "pause_reason": "APNs is away", "resume_at": NOW + timedelta(minutes=30)},
        "The queue “default” was paused by Ana: APNs is away. It resumes in 30 minutes (12:30:00 UTC).",
    ),
    ({"paused_by": "Ana"}, "The queue “default” was paused by Ana. It resumes by hand only."),
    ({"paused_by": "Ana", "live_workers": 0}, "The queue “default” was paused by Ana. It resumes by hand only."),
    ({"live_workers": 0}, "No live worker takes the queue “default”."),
    (
        {"live_workers": 1, "limit": "5 at once for “apns”, and 5 run"},
        "A limit keeps it back: 5 at once for “apns”, and 5 run.",
    ),
    (
        {"live_workers": 1, "ahead": 8412, "speed": 23.4},
        "8,412 jobs are ahead of it in the queue “default”, about 6 minutes.",
    ),
    (
        {"live_workers": 1, "ahead": 10_000, "ahead_capped": True, "speed": 1.0},
        "10,000+ jobs are ahead of it in the queue “default”, at least 3 hours.",
    ),
    ({"live_workers": 1, "ahead": 1}, "1 job is ahead of it in the queue “default”."),
    (
        {"live_workers": 2, "message_sent_at": NOW - timedelta(seconds=20)},
        "Its Celery message was sent 20 seconds ago (11:59:40 UTC) and no worker has begun yet.",
    ),
    (
        {"live_workers": 2},
        "It is the next of its queue and waits for the 2 live workers of the queue “default” to be free.",
    ),
    ({"live_workers": 1, "run_at": NOW}, "It is the next of its queue and about to be taken."),
    ({"live_workers": None}, "It is the next of its queue and waits for a free worker."),
]

DELAYED = [
    ({"run_at": NOW + timedelta(hours=20)}, "It is not due yet, but in 20 hours (2026-03-02 08:00 UTC)."),
    (
        {"run_at": NOW + timedelta(minutes=2), "attempt": 2, "max_attempts": 5, "error": "TimeoutError: slow"},
        "Attempt 2 of 5 failed after “TimeoutError: slow”; the next one is due in 2 minutes (12:02:00 UTC).",
    ),
    (
        {"run_at": NOW + timedelta(seconds=20), "attempt": 5, "held_by": 118},
        "Operation 118 retried it and holds it so that it can be undone; it is due in 20 seconds (12:00:20 UTC).",
    ),
    (
        {"run_at": NOW + timedelta(hours=1), "put_off": True, "attempt": 1},
        "Its task put it off; it is due in 60 minutes (13:00:00 UTC).",
    ),
    (
        {"run_at": NOW - timedelta(seconds=5)},
        "It was due 5 seconds ago (11:59:55 UTC) and waits for housekeeping, which any live worker does every half "
        "second.",
    ),
]

OTHERS = [
    (State.WAITING_CHILDREN, {"children_left": 1}, "It waits for 1 child to end."),
    (State.WAITING_CHILDREN, {"children_left": 1200}, "It waits for 1,200 children to end."),
    (State.ACTIVE, {"leased_until": NOW + timedelta(seconds=30)}, ""),
    (
        State.ACTIVE,
        {"worker": "7@host3", "leased_until": NOW - timedelta(seconds=4)},
        "Its worker 7@host3 has vanished: its lease ended 4 seconds ago (11:59:56 UTC). "
        "Housekeeping will give it to another worker.",
    ),
    (
        State.ACTIVE,
        {
            "worker": "7@host3",
            "leased_until": NOW + timedelta(seconds=12),
            "is_worker_gone": True,
            "worker_seen_at": NOW - timedelta(minutes=4),
        },
        "Its worker 7@host3 is silent, last heard of 4 minutes ago (11:56:00 UTC). Unless it comes back, another one "
        "gets the job in 12 seconds (12:00:12 UTC).",
    ),
    (
        State.FAILED,
        {"attempt": 5, "max_attempts": 5},
        "It used all 5 attempts. Nothing more happens unless somebody retries it.",
    ),
    (
        State.FAILED,
        {"attempt": 1, "max_attempts": 1},
        "It used its only attempt. Nothing more happens unless somebody retries it.",
    ),
    (
        State.FAILED,
        {"attempt": 2, "max_attempts": 5},
        "It gave up after attempt 2 of 5. Nothing more happens unless somebody retries it.",
    ),
    (State.CANCELLED, {}, "It was cancelled. Nothing more happens unless somebody retries it."),
    (
        State.CANCELLED,
        {"expires_at": NOW - timedelta(hours=1)},
        "It was cancelled and has expired, so that it cannot be retried either.",
    ),
    (State.COMPLETED, {}, ""),
]


@pytest.mark.parametrize(
    ("state", "known", "sentence"),
    [
        *((State.WAITING, known, sentence) for known, sentence in WAITING),
        *((State.DELAYED, known, sentence) for known, sentence in DELAYED),
        *OTHERS,
    ],
)
def test_the_facts_make_one_sentence(state: State, known: dict[str, Any], sentence: str) -> None:
    assert explain(facts(state, **known)) == sentence


@pytest.mark.parametrize("state", State)
def test_every_state_has_an_explanation_or_needs_none(state: State) -> None:
    assert isinstance(explain(facts(state)), str)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=1000)))
def test_a_length_is_a_number_above_nothing_and_a_unit(span: timedelta) -> None:
    number, unit = length(span).split()
    assert int(number) >= 1
    assert unit.removesuffix("s") in ("second", "minute", "hour", "day")
