"""Runs of kept days, and the figures of a habit on one day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given

from habits.domain.history import HORIZON, Mark, trace
from habits.domain.records import Kind, Record, Rule, TargetType
from habits.domain.streaks import Streak, best, current, streaks
from habits.domain.summary import Summary, summarise
from tests.unit.habits.strategies import TODAY, histories, rules

TICK, MISS, SKIP = Record(value=1000), Record(value=0), Record(skipped=True)
WEEKLY = Rule(freq_num=1, freq_den=7)
WORKDAYS = Rule(weekdays=0b0011111)
GLASSES = Rule(kind=Kind.COUNTED, target_value=8.0)
COFFEES = Rule(kind=Kind.COUNTED, target_type=TargetType.AT_MOST, target_value=2.0)


def june(number: int) -> date:
    return date(2025, 6, number)


def on(record: Record, *numbers: int) -> dict[date, Record]:
    return {june(number): record for number in numbers}


def runs(rule: Rule, records: dict[date, Record], today: int = 15) -> list[Streak]:
    return streaks(trace(rule, records, june(today)))


def test_a_day_without_a_record_ends_a_streak() -> None:
    expected = [Streak(june(2), june(3), 2), Streak(june(5), june(5), 1)]
    assert runs(Rule(), on(TICK, 2, 3, 5)) == expected


def test_a_skip_keeps_the_streak_and_counts_into_its_length() -> None:
    assert runs(Rule(), on(TICK, 2, 4) | on(SKIP, 3)) == [Streak(june(2), june(4), 3)]


def test_a_weekly_tick_keeps_a_week_that_may_reach_into_the_future() -> None:
    assert runs(WEEKLY, on(TICK, 1, 8, 15)) == [Streak(june(1), june(21), 21)]


def test_a_weekly_tick_a_day_late_ends_the_streak_and_one_ahead_does_not() -> None:
    assert [run.length for run in runs(WEEKLY, on(TICK, 1, 9))] == [7, 7]
    assert runs(WEEKLY, on(TICK, 1, 7)) == [Streak(date(2025, 5, 31), june(13), 14)]


def test_a_weekend_neither_lengthens_nor_ends_a_streak_of_workdays() -> None:
    friday_and_monday = on(TICK, 6, 9)
    assert runs(WORKDAYS, friday_and_monday | on(TICK, 7)) == [Streak(june(6), june(9), 2)]
    assert runs(WORKDAYS, friday_and_monday | on(MISS, 8)) == [Streak(june(6), june(9), 2)]


def test_an_amount_keeps_a_streak_when_the_day_reaches_the_target() -> None:
    records = on(Record(value=8000), 2, 3) | on(Record(value=7999), 4) | on(Record(value=9000), 5)
    assert [run.length for run in runs(GLASSES, records)] == [2, 1]


def test_a_skipped_amount_ends_a_streak_towards_a_target_but_not_one_below_a_limit() -> None:
    records = on(Record(value=8000), 2, 4) | on(SKIP, 3)
    assert [run.length for run in runs(GLASSES, records)] == [1, 1]
    records = on(Record(value=2000), 2, 4) | on(SKIP, 3)
    assert [run.length for run in runs(COFFEES, records)] == [3]


def test_a_limit_is_kept_only_on_days_that_have_a_record() -> None:
    assert [run.length for run in runs(COFFEES, on(Record(value=0), 2, 3, 5) | on(Record(value=2001), 6))] == [2, 1]


def test_the_best_streaks_are_the_longest_and_of_equals_the_latest_newest_first() -> None:
    records = on(TICK, 1, 2, 4, 6, 7, 8, 10, 11, 13)
    longest = [Streak(june(10), june(11), 2), Streak(june(6), june(8), 3)]
    assert best(runs(Rule(), records), 2) == longest
    assert best([], 3) == []


@pytest.mark.parametrize(
    ("today", "length"), [(12, None), (13, 1), (14, 2), (15, 2), (16, None)], ids=lambda value: str(value)
)
def test_the_current_streak_reaches_today_or_yesterday(today: int, length: int | None) -> None:
    alive = current(runs(Rule(), on(TICK, 10, 13, 14), today), Rule(), june(today))
    assert (alive and alive.length) == length


def test_an_open_day_is_no_miss_even_if_it_is_marked_as_not_done() -> None:
    assert summarise(Rule(), on(TICK, 13, 14) | on(MISS, 15), june(15)).current_streak == Streak(june(13), june(14), 2)


def test_the_current_streak_leaves_out_days_ahead_that_are_covered_already() -> None:
    summary = summarise(WEEKLY, on(TICK, 12), june(15))
    assert summary.current_streak == Streak(june(12), june(15), 4)
    assert summary.best_streak == Streak(june(12), june(18), 7)


def test_the_current_streak_survives_a_weekend_outside_the_mask() -> None:
    friday = Streak(june(12), june(13), 2)
    assert summarise(WORKDAYS, on(TICK, 12, 13), june(15)).current_streak == friday
    assert summarise(WORKDAYS, on(TICK, 12, 13), june(16)).current_streak == friday
    assert summarise(WORKDAYS, on(TICK, 12, 13), june(17)).current_streak is None


def test_a_habit_without_records_has_no_figures() -> None:
    assert summarise(Rule(), {}, june(15)) == Summary(
        strength=0.0,
        current_streak=None,
        best_streak=None,
        total_done=0,
        done_today=False,
        completed_today=False,
        due_today=True,
        covered_until=None,
    )


def test_a_covered_day_is_completed_but_neither_done_nor_due() -> None:
    summary = summarise(WEEKLY, on(TICK, 12), june(15))
    assert (summary.done_today, summary.completed_today, summary.due_today) == (False, True, False)
    assert summary.covered_until == june(18)


def test_a_skipped_day_is_completed_and_due_but_not_done() -> None:
    summary = summarise(Rule(), on(SKIP, 15), june(15))
    assert (summary.done_today, summary.completed_today, summary.due_today) == (False, True, True)


def test_a_day_within_a_limit_is_done_but_not_completed_before_its_end() -> None:
    summary = summarise(COFFEES, on(Record(value=1000), 15), june(15))
    assert (summary.done_today, summary.completed_today, summary.due_today) == (True, False, True)


def test_the_total_counts_ticks_or_days_that_met_the_target() -> None:
    assert summarise(WEEKLY, on(TICK, 3, 12) | on(SKIP, 13), june(15)).total_done == 2
    assert summarise(GLASSES, on(Record(value=8000), 3) | on(Record(value=100), 4), june(15)).total_done == 1


@given(rules, histories)
def test_streaks_are_the_runs_found_day_by_day(rule: Rule, records: dict[date, Record]) -> None:
    history = trace(rule, records, TODAY)
    found: list[list[date]] = [[]]
    for offset in range((history.last - history.first).days + 1):
        day = history.first + timedelta(days=offset)
        if not rule.includes(day):
            continue
        if history.keeps(history.marks.get(day, Mark.UNKNOWN)):
            found[-1].append(day)
        elif found[-1]:
            found.append([])
    assert streaks(history) == [Streak(run[0], run[-1], len(run)) for run in found if run]


@given(rules, histories)
def test_the_current_streak_is_found_walking_back_from_today(rule: Rule, records: dict[date, Record]) -> None:
    history = trace(rule, records, TODAY)
    asked = [TODAY - timedelta(days=back) for back in range(140) if rule.includes(TODAY - timedelta(days=back))]
    kept = [history.keeps(history.marks.get(day, Mark.UNKNOWN)) for day in asked]
    if asked[0] == TODAY and not kept[0]:
        asked, kept = asked[1:], kept[1:]
    length = kept.index(False)
    expected = Streak(asked[length - 1], asked[0], length) if length else None
    assert current(streaks(history), rule, TODAY) == expected


@given(rules, histories)
def test_figures_of_a_habit_agree_with_one_another(rule: Rule, records: dict[date, Record]) -> None:
    summary = summarise(rule, records, TODAY)
    assert 0.0 <= summary.strength <= 1.0
    if summary.current_streak:
        assert summary.best_streak is not None
        assert 1 <= summary.current_streak.length <= summary.best_streak.length
        assert summary.current_streak.end <= TODAY < summary.current_streak.end + timedelta(days=8)
    if summary.best_streak:
        assert summary.best_streak.end <= TODAY + HORIZON
    assert summary.total_done <= len(records)
