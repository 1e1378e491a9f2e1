from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from focusjobs.jobs.domain.words import relative, several, short, span

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words", "cell"),
    [
        (0.004, "4 ms", "4 ms"),
        (3.21, "3.2 s", "3.21 s"),
        (12, "12 seconds", "12 s"),
        (60, "1 minute", "60 s"),
        (150, "2 minutes", "2.5 min"),
        (3 * 3600, "3 hours", "3 h"),
        (86_400 * 2.5, "2 days", "60 h"),
        (86_400 * 1_388, "1,388 days", "1,388 days"),
    ],
)
def test_lengths_of_time_are_said_in_their_largest_unit(seconds: float, words: str, cell: str) -> None:
    assert span(timedelta(seconds=seconds)) == words
    assert short(seconds) == cell


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.3, "just now"), (-1, "1 second ago"), (-200, "3 minutes ago"), (7200, "in 2 hours"), (86_400, "in 1 day")],
)
def test_instants_are_said_by_their_distance(seconds: float, words: str) -> None:
    assert relative(NOW + timedelta(seconds=seconds), NOW) == words


def test_numbers_agree_with_what_they_count() -> None:
    assert several(1, "job") == "1 job"
    assert several(1_204, "job") == "1,204 jobs"
    assert several(1_001, "job", cap=1_000) == "1,000+ jobs"
    assert [several(count, "person") for count in (1, 2)] == ["1 person", "2 people"]
    assert short(None) == "–"
