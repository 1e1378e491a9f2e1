"""The filter language against real rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from focusjobs.jobs.errors import QueryError
from focusjobs.jobs.looking.query import WORDS, matching
from focusjobs.jobs.models import Job
from tests.factories import UserFactory
from tests.thoroughness import draws

pytestmark = pytest.mark.django_db

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
def three() -> dict[int, str]:
    """Three jobs that differ in everything, by number, and short names for them."""
    person = UserFactory(email="ana@example.com")
    rows = (
        {"task": "habits.close_day", "state": "failed", "finished_at": timezone.now(), "error": "TimeoutError: Slow"},
        {"task": "habits.import", "state": "waiting", "user": person, "arguments": {"n": 7, "deep": {"er": True}}},
        {
            "task": "push.send",
            "state": "completed",
            "finished_at": LONG_AGO,
            "worker": "1@host3",
            "created_at": LONG_AGO,
        },
    )
    made = [Job.objects.create(queue=f"q{place}", **row) for place, row in enumerate(rows)]
    return {job.pk: name for job, name in zip(made, ("failed", "waiting", "done"), strict=True)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {"failed", "waiting", "done"}),
        ("task:habits.*", {"failed", "waiting"}),
        ("task:*send,*import", {"waiting", "done"}),
        ("queue:q2", {"done"}),
        ("state:completed,failed", {"failed", "done"}),
        ("user:ANA@example.com", {"waiting"}),
        ("error:timeout", {"failed"}),
        ("worker:*@host3", {"done"}),
        ("args.n:7", {"waiting"}),
        ("args.deep.er:true", {"waiting"}),
        ("args.n:8", set()),
        ("since:1h", {"failed", "waiting"}),
        ("before:1h", {"done"}),
        ("state:failed since:1h task:habits.*", {"failed"}),
    ],
)
def test_a_filter_finds_what_it_names(three: dict[int, str], text: str, expected: set[str]) -> None:
    assert {three[number] for number in matching(text).values_list("pk", flat=True)} == expected


@settings(max_examples=draws(100), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(word=st.sampled_from([*(word for word in WORDS if word != "args"), "args.a"]), value=st.text(min_size=1))
def test_postgresql_takes_every_filter_that_is_not_refused(word: str, value: str) -> None:
    try:
        found = matching(f"{word}:{value}")
    except QueryError:
        return
    assert found.count() == 0


def test_a_length_of_time_counts_back_from_now(three: dict[int, str]) -> None:
    ahead = timezone.now() + timedelta(days=3)
    assert {three[job.pk] for job in matching("since:1h", now=ahead)} == set()
