"""How firm a habit becomes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given

from habits.domain.history import trace
from habits.domain.records import Kind, Record, Rule, TargetType
from habits.domain.strength import decay, step, strengths
from tests.unit.habits.strategies import TODAY, histories, masks, rules

TICK, SKIP = Record(value=1000), Record(skipped=True)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def strength(rule: Rule, records: dict[date, Record], day: date = TODAY) -> float:
    return strengths(trace(rule, records, TODAY)).get(day, 0.0)


def amounts(target_type: TargetType, target: float, *, days: int = 1) -> Rule:
    return Rule(kind=Kind.MEASURED, freq_den=days, target_type=target_type, target_value=target)


@pytest.mark.parametrize(
    ("times", "days", "half_life"), [(1, 1, 13), (1, 4, 26), (1, 7, 34.394767), (1, 30, 71.203932)]
)
def test_strength_halves_in_thirteen_days_times_the_root_of_the_days_between(
    times: int, days: int, half_life: float
) -> None:
    assert decay(times, days) ** half_life == pytest.approx(0.5, abs=1e-7)


def test_a_day_moves_the_strength_towards_what_was_reached() -> None:
    assert step(0.5, 1.0, 0.9) == pytest.approx(0.55)
    assert step(0.5, 0.0, 0.9) == pytest.approx(0.45)
    assert step(0.5, 0.5, 0.9) == pytest.approx(0.5)


def test_a_first_tick_gives_a_twentieth() -> None:
    assert strength(Rule(), {TODAY: TICK}) == pytest.approx(0.05192248566082858, abs=1e-12)


def test_thirteen_ticks_in_a_row_give_a_half() -> None:
    assert strength(Rule(), {ago(n): TICK for n in range(13)}) == pytest.approx(0.5, abs=1e-12)


def test_strength_is_nothing_before_the_first_record() -> None:
    assert strength(Rule(), {ago(3): TICK}, ago(4)) == 0.0


def test_a_skip_leaves_the_strength_as_it_was() -> None:
    ticked = {ago(2): TICK, ago(1): SKIP}
    assert strength(Rule(), ticked, ago(1)) == strength(Rule(), ticked, ago(2)) > strength(Rule(), ticked)


def test_a_covered_day_is_not_a_tick_for_the_strength() -> None:
    weekly = Rule(freq_num=1, freq_den=7)
    assert strength(weekly, {TODAY: TICK}) == pytest.approx(step(0, 0.5, decay(1, 7)), abs=1e-12)


def test_a_week_without_a_tick_is_made_good_by_two_in_the_next() -> None:
    weekly = Rule(freq_num=1, freq_den=7)
    one, two = {ago(1): TICK}, {ago(1): TICK, TODAY: TICK}
    half = step(0, 0.5, decay(1, 7))
    assert strength(weekly, one) == pytest.approx(step(half, 0.5, decay(1, 7)))
    assert strength(weekly, two) == pytest.approx(step(half, 1.0, decay(1, 7)))


def test_an_amount_counts_by_its_share_of_the_target() -> None:
    rule = amounts(TargetType.AT_LEAST, 2.0)
    assert strength(rule, {TODAY: Record(value=500)}) == pytest.approx(step(0, 0.25, decay(1, 1)))
    assert strength(rule, {TODAY: Record(value=9000)}) == pytest.approx(step(0, 1.0, decay(1, 1)))


def test_amounts_are_summed_over_the_window() -> None:
    rule = amounts(TargetType.AT_LEAST, 2.0, days=2)
    records = {ago(2): Record(value=2000), ago(1): Record(value=500), TODAY: Record(value=500)}
    values = strengths(trace(rule, records, TODAY))
    assert values[ago(1)] == pytest.approx(step(values[ago(2)], 1.0, decay(1, 2)))
    assert values[TODAY] == pytest.approx(step(values[ago(1)], 0.5, decay(1, 2)))


def test_a_limit_starts_at_full_strength_and_loses_it_up_to_twice_the_limit() -> None:
    rule = amounts(TargetType.AT_MOST, 2.0)
    assert strength(rule, {TODAY: Record(value=2000)}) == 1.0
    assert strength(rule, {TODAY: Record(value=3000)}) == pytest.approx(step(1, 0.5, decay(1, 1)))
    assert strength(rule, {TODAY: Record(value=9000)}) == pytest.approx(step(1, 0.0, decay(1, 1)))


@pytest.mark.parametrize(("value", "share"), [(0, 1.0), (1, 0.0)])
def test_a_limit_of_nothing_is_broken_by_anything(value: int, share: float) -> None:
    rule = amounts(TargetType.AT_MOST, 0.0)
    assert strength(rule, {TODAY: Record(value=value)}) == pytest.approx(step(1, share, decay(1, 1)))


def test_a_target_of_nothing_is_always_reached() -> None:
    assert strength(amounts(TargetType.AT_LEAST, 0.0), {TODAY: Record(value=0)}) == pytest.approx(1 - decay(1, 1))


def test_days_outside_the_mask_leave_the_strength_as_it_was() -> None:
    monday, sunday = date(2025, 6, 9), date(2025, 6, 15)
    workdays = Rule(weekdays=0b0011111)
    values = strengths(trace(workdays, {monday + timedelta(days=n): TICK for n in (0, 1, 2, 3, 4, 5)}, sunday))
    assert values[date(2025, 6, 13)] == values[date(2025, 6, 14)] == values[sunday]
    assert values[sunday] == pytest.approx(1 - decay(1, 1) ** 5)


@given(rules, histories)
def test_strength_lies_between_nothing_and_one(rule: Rule, records: dict[date, Record]) -> None:
    history = trace(rule, records, TODAY)
    values = strengths(history)
    assert all(0.0 <= value <= 1.0 for value in values.values())
    assert (min(values), max(values), len(values)) == (
        history.first,
        history.last,
        (history.last - history.first).days + 1,
    )


@given(histories, masks)
def test_daily_strength_is_the_weighted_sum_of_its_ticks(records: dict[date, Record], mask: int) -> None:
    rule = Rule(weekdays=mask)
    history = trace(rule, records, TODAY)
    counted = [day for day in strengths(history) if day <= TODAY and rule.includes(day)]
    counted = [day for day in counted if not records.get(day, Record()).skipped]
    shares = [float(records.get(day, Record()).is_done) for day in reversed(counted)]
    expected = sum((1 - decay(1, 1)) * share * decay(1, 1) ** age for age, share in enumerate(shares))
    assert strength(rule, records) == pytest.approx(expected, abs=1e-9)


@given(rules, histories)
def test_no_day_outside_the_mask_moves_the_strength(rule: Rule, records: dict[date, Record]) -> None:
    values = strengths(trace(rule, records, TODAY))
    resting = [day for day in sorted(values)[1:] if not rule.includes(day)]
    assert all(values[day] == values[day - timedelta(days=1)] for day in resting)
