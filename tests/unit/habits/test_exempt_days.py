"""Days that a change of the zone cut short or stretched: they can be won, not lost."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from habits.domain.history import exempting, trace
from habits.domain.records import Kind, Record, Rule, TargetType
from habits.domain.schedule import due_days
from habits.domain.streaks import Streak, streaks
from habits.domain.strength import strengths
from habits.domain.summary import summarise
from tests.unit.habits.strategies import TODAY, histories, rules

TICK, SKIP = Record(value=1000), Record(skipped=True)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def test_a_neutral_day_neither_ends_nor_lengthens_a_streak() -> None:
    records = {ago(1): TICK, ago(3): TICK}
    rule = exempting(Rule(), records, [ago(2)])
    assert streaks(trace(rule, records, TODAY)) == [Streak(ago(3), ago(1), 2)]
    assert streaks(trace(Rule(), records, TODAY)) == [Streak(ago(3), ago(3), 1), Streak(ago(1), ago(1), 1)]


def test_what_is_done_on_a_neutral_day_counts_like_on_any_other() -> None:
    records = {ago(1): TICK, ago(2): TICK, ago(3): TICK}
    assert exempting(Rule(), records, [ago(2)]) == Rule()


def test_a_neutral_day_is_not_due_and_leaves_the_strength_as_it_was() -> None:
    records = {ago(3): TICK}
    rule = exempting(Rule(), records, [ago(2)])
    assert due_days(rule, records, ago(3), ago(1)) == [ago(3), ago(1)]
    values = strengths(trace(rule, records, TODAY))
    assert values[ago(2)] == values[ago(3)] > values[ago(1)]


def test_a_current_streak_survives_a_neutral_day_today_and_yesterday() -> None:
    records = {ago(2): TICK}
    rule = exempting(Rule(), records, [ago(1), TODAY])
    assert summarise(rule, records, TODAY).current_streak == Streak(ago(2), ago(2), 1)


@pytest.mark.parametrize(("record", "is_exempt"), [(None, True), (SKIP, True), (Record(value=0), False), (TICK, False)])
def test_a_limit_is_exempt_unless_a_record_shows_that_it_was_kept(record: Record | None, is_exempt: bool) -> None:
    limit = Rule(kind=Kind.COUNTED, target_type=TargetType.AT_MOST, target_value=2.0)
    records = {ago(1): record} if record else {}
    assert (ago(1) in exempting(limit, records, [ago(1)]).exempt) is is_exempt


@given(rules, histories, st.sets(st.integers(0, 90).map(ago), max_size=5))
def test_neutral_days_take_nothing_away(rule: Rule, records: dict[date, Record], neutral: set[date]) -> None:
    excused = exempting(rule, records, neutral)
    assert set(due_days(excused, records, ago(90), TODAY)) == set(due_days(rule, records, ago(90), TODAY)) - (
        excused.exempt
    )
    longest = max((run.length for run in streaks(trace(rule, records, TODAY))), default=0)
    assert max((run.length for run in streaks(trace(excused, records, TODAY))), default=0) >= longest - len(neutral)
