"""Closing a day without looking back comes to what all records come to."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.domain.closing import NOTHING, close, is_unsure
from analytics.domain.outcomes import MILESTONES, HabitDay, Outcome
from analytics.domain.standing import Standing, best_of, chronicle
from habits.domain.history import exempting
from habits.domain.records import Kind, Record, Rule, TargetType
from habits.domain.summary import summarise
from tests.thoroughness import draws
from tests.unit.habits.strategies import TODAY, histories, rules

TICK, SKIP, MISS = Record(value=1000), Record(skipped=True), Record(value=0)
WEEKLY = Rule(freq_num=1, freq_den=7)
GLASSES = Rule(kind=Kind.COUNTED, target_value=8.0)
FIRST = TODAY - timedelta(days=100)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def days_of(rule: Rule, records: dict[date, Record], neutral: set[date] = frozenset()) -> dict[date, HabitDay]:
    return {day.day: day for day in chronicle(rule, records, FIRST, TODAY, neutral).days}


def outcomes(rule: Rule, records: dict[date, Record], *ago_days: int) -> list[Outcome]:
    days = days_of(rule, records)
    return [days[ago(back)].outcome & ~Outcome.MILESTONE for back in ago_days]


def closed_one_by_one(
    rule: Rule, records: dict[date, Record], neutral: set[date]
) -> list[tuple[Standing, HabitDay, Standing, HabitDay]]:
    """Close day after day, looking back only where that is said to be needed, and give both answers of each day."""
    before = chronicle(rule, records, FIRST, FIRST - timedelta(days=1), neutral)
    terms, standing, found = before.terms, before.standing, []
    for day in (FIRST + timedelta(days=n) for n in range(101)):
        expected = chronicle(rule, records, day, day, neutral)
        record, dropped = records.get(day, NOTHING), records.get(day - timedelta(days=terms.span), NOTHING)
        unsure = is_unsure(terms, standing, day, record, neutral=day in neutral)
        standing, closed = close(rule, terms, standing, day, record=record, dropped=dropped, neutral=day in neutral)
        if unsure:
            standing, closed = expected.standing, expected.days[0]
        found.append((standing, closed, expected.standing, expected.days[0]))
    return found


def assert_same(standing: Standing, expected: Standing) -> None:
    for name in Standing.__dataclass_fields__:
        value, wanted = getattr(standing, name), getattr(expected, name)
        assert value == (pytest.approx(wanted, abs=1e-9) if name == "strength" else wanted), name


@settings(max_examples=draws(80))  # each is a hundred days, each of which is looked back from
@given(rules, histories, st.sets(st.integers(0, 90).map(ago), max_size=4))
def test_closing_day_by_day_equals_looking_back(rule: Rule, records: dict[date, Record], neutral: set[date]) -> None:
    for standing, closed, expected, day in closed_one_by_one(rule, records, neutral):
        assert_same(standing, expected)
        assert (closed.day, closed.outcome, closed.streak) == (day.day, day.outcome, day.streak)
        assert closed.strength == pytest.approx(day.strength, abs=1e-9)


@given(rules, histories)
def test_days_are_the_same_from_whichever_day_they_are_asked_for(rule: Rule, records: dict[date, Record]) -> None:
    every = chronicle(rule, records, FIRST, TODAY).days
    assert chronicle(rule, records, ago(10), TODAY).days == every[-11:]
    assert [day.day for day in every] == [FIRST + timedelta(days=n) for n in range(101)]


@given(rules, histories, st.sets(st.integers(0, 90).map(ago), max_size=4))
def test_a_standing_says_what_the_summary_of_the_next_day_says(
    rule: Rule, records: dict[date, Record], neutral: set[date]
) -> None:
    """The summary of the day after, of which nothing is recorded, still shows the streak that is alive."""
    until = {day: record for day, record in records.items() if day <= ago(1)}
    standing = chronicle(rule, until, FIRST, ago(1), neutral).standing
    excused = exempting(rule, until, neutral)
    summary = summarise(excused, until, ago(1))
    assert standing.strength == pytest.approx(summary.strength, abs=1e-9)
    assert standing.total == summary.total_done
    best = best_of(standing, excused, ago(1))
    assert (best and (best.start, best.length)) == (
        summary.best_streak and (summary.best_streak.start, summary.best_streak.length)
    )
    alive = summary.current_streak if standing.streak else None
    assert (standing.streak, standing.streak_start) == ((alive.length, alive.start) if alive else (0, None))


# --- Outcomes --------------------------------------------------------------------------------------------------------


def test_a_day_is_done_skipped_or_neither() -> None:
    assert outcomes(Rule(), {ago(1): TICK, ago(2): SKIP, ago(3): MISS}, 1, 2, 3, 4) == [
        Outcome.DUE | Outcome.DONE,
        Outcome.DUE | Outcome.SKIPPED,
        Outcome.DUE,
        Outcome.DUE,
    ]


def test_a_day_that_a_tick_covers_is_not_due_and_another_tick_on_it_is_extra() -> None:
    assert outcomes(WEEKLY, {ago(3): TICK, ago(2): TICK}, 3, 2, 1) == [
        Outcome.DUE | Outcome.DONE,
        Outcome.DONE,
        Outcome(0),
    ]


def test_a_streak_of_three_days_is_noted_when_it_breaks_and_a_shorter_one_is_not() -> None:
    days = days_of(Rule(), {ago(n): TICK for n in (5, 6, 7, 2, 3)})
    broken = [day for day in days.values() if Outcome.BROKEN in day.outcome]
    assert [(day.day, day.streak) for day in broken] == [(ago(4), 3)]


def test_a_streak_of_covered_days_breaks_on_the_first_day_that_is_not_covered() -> None:
    days = days_of(WEEKLY, {ago(10): TICK})
    broken = [day for day in days.values() if Outcome.BROKEN in day.outcome]
    assert [(day.day, day.streak) for day in broken] == [(ago(3), 7)]


def test_a_later_tick_takes_the_break_back_that_it_covers() -> None:
    early = {ago(20): TICK, ago(14): TICK}
    late = early | {ago(8): TICK}
    broken = [
        [day.day for day in days_of(WEEKLY, rec).values() if Outcome.BROKEN in day.outcome] for rec in (early, late)
    ]
    assert broken == [[ago(7)], [ago(1)]]


@pytest.mark.parametrize("length", MILESTONES[:2])
def test_a_milestone_is_noted_on_the_day_that_reaches_it(length: int) -> None:
    days = days_of(Rule(), {ago(n): TICK for n in range(50)})
    assert [day.day for day in days.values() if Outcome.MILESTONE in day.outcome and day.streak == length] == [
        ago(50 - length)
    ]


def test_a_limit_stands_at_full_strength_until_it_is_broken() -> None:
    coffee = Rule(kind=Kind.COUNTED, target_type=TargetType.AT_MOST, target_value=2.0)
    days = days_of(coffee, {ago(1): Record(value=5000)})
    assert days[ago(2)].strength == pytest.approx(1.0)
    assert days[ago(1)].strength < 1.0
