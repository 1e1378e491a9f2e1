"""What is carried from day to day is what all records come to, whatever people do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from pytest_django import DjangoDbBlocker

from analytics.domain.outcomes import NOTABLE_STREAK, Outcome
from analytics.domain.periods import Period
from analytics.models import UserClock, UserMonth, UserWeek
from analytics.rollups.periods import roll_up
from analytics.rollups.rebuilding import compare
from analytics.rollups.tracing import Traced
from analytics.selectors.history import days_between
from tests.keeping import kept
from tests.thoroughness import draws

from .lives import Life, live
from .people import assert_states_are_what_the_records_come_to, sum_up_what_is_over

pytestmark = pytest.mark.django_db

SEEDS = [12, 1, 0, 18][: draws(4)]
"""What the lives are drawn from."""


@pytest.fixture(scope="module", params=SEEDS)
def lives(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[list[Life]]:
    with kept(django_db_blocker, lambda: live(request.param, days=45, people=2)) as lives:
        yield lives


def test_what_is_stored_is_what_the_records_come_to(lives: list[Life]) -> None:
    sum_up_what_is_over()

    assert_states_are_what_the_records_come_to([life.user for life in lives])
    for life in lives:
        found = compare(UserClock.objects.get(user=life.user))
        assert found.differences == []
        assert UserWeek.objects.filter(user=life.user).count() >= 3
        assert UserMonth.objects.filter(user=life.user).exists()


def test_whenever_a_period_is_summed_up_its_streak_is_that_of_the_records(lives: list[Life]) -> None:
    for user in (life.user for life in lives):
        clock = UserClock.objects.get(user=user)
        traced = compare(clock).traced
        periods = [Period(day - timedelta(days=2), day) for day in days_between(date(2026, 3, 12), clock.last_closed)]
        UserWeek.objects.filter(user=user).delete()
        roll_up(UserWeek, [(user.pk, period) for period in periods])

        stored = {week.last_day: week.best_streak for week in UserWeek.objects.filter(user=user)}
        wanted = {last: max((length_at(one, last) for one in traced.values()), default=0) or None for last in stored}
        assert stored == wanted
        assert any(wanted.values())


def length_at(traced: Traced, last: date) -> int:
    """Give the streak that was alive at the end of a day, if it is long enough to be told."""
    found = traced.days.get(last)
    if found is None or found.streak < NOTABLE_STREAK or Outcome.BROKEN in found.outcome:
        return 0
    return found.streak
