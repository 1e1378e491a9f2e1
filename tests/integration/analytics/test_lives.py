"""What is carried from day to day is what all records come to, whatever people do."""

from __future__ import annotations

import pytest

from analytics.models import UserClock, UserMonth, UserWeek
from analytics.rollups.rebuilding import compare

from .lives import live
from .people import assert_states_are_what_the_records_come_to, sum_up_what_is_over

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("seed", range(6))
def test_what_is_stored_is_what_the_records_come_to(seed: int) -> None:
    lives = live(seed, days=45, people=2)
    sum_up_what_is_over()

    assert_states_are_what_the_records_come_to([life.user for life in lives])
    for life in lives:
        found = compare(UserClock.objects.get(user=life.user))
        assert found.differences == []
        assert UserWeek.objects.filter(user=life.user).count() >= 3
        assert UserMonth.objects.filter(user=life.user).exists()
