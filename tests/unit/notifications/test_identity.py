"""The names by which occurrences and deliveries are known."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.identity import collapse_id, delivery_id, occurrence_key, snoozed_key
from notifications.transports.outgoing import COLLAPSE_ID

KEY = "habit/reminder:42:2026-01-05"


def test_a_delivery_has_the_same_id_in_every_release() -> None:
    """A repetition after an update must still be recognised."""
    assert delivery_id(7, KEY, "device:3") == UUID("0e86200a-60dd-5f56-807d-f220fafc2391")
    assert collapse_id(7, "reminder:42:2026-01-05") == "v12aUOeVnwboknKkLjZjgmXs"


def test_another_person_device_or_occurrence_has_another_id() -> None:
    others = {delivery_id(8, KEY, "device:3"), delivery_id(7, KEY, "device:4"), delivery_id(7, f"{KEY}x", "device:3")}
    assert len(others | {delivery_id(7, KEY, "device:3")}) == 4


@given(st.integers(1, 2**63 - 1), st.text(min_size=1, max_size=100))
def test_every_provider_takes_a_collapse_id(user_id: int, occurrence: str) -> None:
    assert COLLAPSE_ID.fullmatch(collapse_id(user_id, occurrence))


def test_a_snoozed_reminder_takes_the_place_of_the_one_before() -> None:
    day, until = date(2026, 1, 5), datetime(2026, 1, 5, 9, tzinfo=UTC)

    assert snoozed_key(42, day, until) != occurrence_key(42, day)
    assert collapse_id(7, snoozed_key(42, day, until)) == collapse_id(7, occurrence_key(42, day))
    assert collapse_id(7, occurrence_key(42, day)) != collapse_id(7, occurrence_key(42, date(2026, 1, 6)))
