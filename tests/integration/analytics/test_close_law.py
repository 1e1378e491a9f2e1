"""The statement that closes days does what its specification says, for any rule and any records."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.domain.outcomes import HabitDay
from analytics.domain.standing import Standing, chronicle
from analytics.models import HabitState, UserClock, UserDay
from analytics.rollups.states import save_states, state_of
from analytics.rollups.tracing import Known, trace
from habits.domain.identity import completion_id
from habits.domain.records import Record, Rule
from habits.models import Completion, Habit, User
from habits.selectors import rule_of
from tests.factories import HabitFactory, UserFactory, unsynced
from tests.thoroughness import draws
from tests.unit.habits.strategies import TODAY, histories, rules

from .people import at, close

pytestmark = pytest.mark.django_db

NIGHTS = 12
EVE = TODAY - timedelta(days=NIGHTS)

lives = st.lists(st.tuples(rules, histories), min_size=1, max_size=12)
neutral_nights = st.sets(st.integers(1, NIGHTS), max_size=2)


def make(user: User, rule: Rule, records: dict[date, Record]) -> Habit:
    habit = HabitFactory(
        user=user,
        kind=rule.kind,
        freq_num=rule.freq_num,
        freq_den=rule.freq_den,
        weekdays=rule.weekdays,
        target_type=rule.target_type,
        target_value=rule.target_value,
    )
    with unsynced():
        Completion.objects.bulk_create(
            Completion(
                user=user,
                habit=habit,
                day=day,
                client_id=completion_id(habit.client_id, day, ""),
                value=record.value,
                skipped=record.skipped,
                note="rain" if record.noted else "",
            )
            for day, record in records.items()
        )
    return habit


def stand(habit: Habit, records: dict[date, Record], last: date, neutral: set[date]) -> HabitState:
    return state_of(habit.user_id, trace(Known(habit, EVE, None, ()), records, last, neutral), last)


@settings(max_examples=draws(20), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(lives, neutral_nights)
def test_a_night_is_what_all_records_come_to(
    given_lives: list[tuple[Rule, dict[date, Record]]], neutral: set[int]
) -> None:
    with transaction.atomic():
        with at(EVE + timedelta(days=1)):
            user = UserFactory()
        kept = {make(user, rule, records): records for rule, records in given_lives}
        save_states(stand(habit, records, EVE, set()) for habit, records in kept.items())
        neutral_days: set[date] = set()
        for n in range(1, NIGHTS + 1):
            day = EVE + timedelta(days=n)
            if n in neutral:
                UserClock.objects.filter(user=user).update(neutral=True)
                neutral_days.add(day)
            with at(day + timedelta(days=1)):
                assert timezone.now().date() == day + timedelta(days=1)
                assert close() == 1
            compare(user, kept, day, neutral_days)
        transaction.set_rollback(True)


def compare(user: User, kept: dict[Habit, dict[date, Record]], day: date, neutral: set[date]) -> None:
    """Hold each habit's state and day to what its records come to, and put right what only a look back can tell."""
    stored = UserDay.objects.get(user=user, day=day).by_habit
    states = {state.habit_id: state for state in HabitState.objects.filter(user=user)}
    for habit, records in kept.items():
        state, found = states[habit.pk], chronicle(rule_of(habit), records, day, day, neutral)
        if state.unsure_since is None:
            assert_state(state, found.standing)
            assert_day(stored[habit.pk], found.days[0])
    unsure = [habit for habit in kept if states[habit.pk].unsure_since is not None]
    save_states(stand(habit, kept[habit], day, neutral) for habit in unsure)


def assert_state(state: HabitState, wanted: Standing) -> None:
    for name in Standing.__dataclass_fields__:
        value = getattr(wanted, name)
        assert getattr(state, name) == (pytest.approx(value, abs=1e-9) if name == "strength" else value), name


def assert_day(stored: tuple[int, float], wanted: HabitDay) -> None:
    assert stored == (wanted.outcome, pytest.approx(wanted.strength, abs=1e-9))
