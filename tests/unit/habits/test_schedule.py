"""Which days a habit asks for, and which a tick covers."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given

from habits.domain.history import Mark, trace
from habits.domain.records import Kind, Record, Rule, TargetType
from habits.domain.schedule import Coverage, coverage, covered_days, due_days, scheduled_before, window_length
from tests.unit.habits.strategies import TODAY, days, histories, masks, rules, tick_rules

MONDAY = date(2025, 6, 9)
SUNDAY = date(2025, 6, 15)
WEEKLY = Rule(freq_num=1, freq_den=7)
TICK = Record(value=1000)


def ticks(*texts: str) -> dict[date, Record]:
    return {date.fromisoformat(text): TICK for text in texts}


def june(*numbers: int) -> list[date]:
    return [date(2025, 6, number) for number in numbers]


def test_a_weekly_tick_covers_its_day_and_the_six_after_it() -> None:
    assert coverage(WEEKLY, {MONDAY: TICK}) == [Coverage(MONDAY, MONDAY, SUNDAY)]


def test_three_ticks_in_a_week_cover_seven_days_from_the_first_of_them() -> None:
    records = ticks("2025-06-02", "2025-06-04", "2025-06-07")
    expected = Coverage(date(2025, 6, 2), date(2025, 6, 7), date(2025, 6, 8))
    assert coverage(Rule(freq_num=3, freq_den=7), records) == [expected]


def test_three_ticks_in_eight_days_cover_nothing() -> None:
    assert coverage(Rule(freq_num=3, freq_den=7), ticks("2025-06-02", "2025-06-04", "2025-06-09")) == []


def test_a_tick_ahead_of_time_moves_the_week_before_it_back() -> None:
    first, second = coverage(WEEKLY, ticks("2025-06-05", "2025-06-09"))
    assert first == Coverage(date(2025, 6, 2), date(2025, 6, 5), date(2025, 6, 8))
    assert second == Coverage(date(2025, 6, 9), date(2025, 6, 9), date(2025, 6, 15))


def test_a_week_does_not_move_back_beyond_its_last_tick() -> None:
    first, _ = coverage(Rule(freq_num=2, freq_den=7), ticks("2025-06-02", "2025-06-07", "2025-06-08"))
    assert first == Coverage(date(2025, 6, 1), date(2025, 6, 7), date(2025, 6, 7))


@pytest.mark.parametrize(
    ("begin", "length"), [("2025-02-01", 28), ("2024-02-01", 29), ("2025-01-31", 28), ("2025-04-30", 31)]
)
@pytest.mark.parametrize("days", [30, 31])
def test_a_monthly_window_is_as_long_as_its_month(days: int, begin: str, length: int) -> None:
    assert window_length(Rule(freq_den=days), date.fromisoformat(begin)) == length


def test_seven_times_in_seven_days_is_once_a_day() -> None:
    rule = Rule(freq_num=7, freq_den=7)
    assert (rule.times, rule.days) == (1, 1)


def test_covered_days_leave_a_skip_and_a_tick_as_they_are() -> None:
    records = {MONDAY: TICK, date(2025, 6, 11): Record(skipped=True), date(2025, 6, 12): Record(value=0)}
    marks = trace(WEEKLY, records, SUNDAY).marks
    assert [marks[day] for day in june(9, 10, 11, 12)] == [Mark.DONE, Mark.COVERED, Mark.SKIPPED, Mark.COVERED]


def test_a_day_that_only_has_a_note_is_the_first_of_a_history() -> None:
    assert trace(Rule(), {MONDAY: Record(noted=True)}, SUNDAY).first == MONDAY
    assert trace(Rule(), {MONDAY: Record()}, SUNDAY).first == SUNDAY


def test_a_daily_habit_is_due_every_day_be_it_done_skipped_or_missed() -> None:
    records = {MONDAY: TICK, date(2025, 6, 10): Record(skipped=True)}
    assert due_days(Rule(), records, MONDAY, date(2025, 6, 11)) == june(9, 10, 11)


def test_a_habit_is_due_on_the_weekdays_of_its_mask() -> None:
    assert due_days(Rule(weekdays=0b0010101), {}, MONDAY, SUNDAY) == june(9, 11, 13)


def test_a_weekly_habit_is_due_until_it_is_done_and_again_when_the_week_is_over() -> None:
    records = ticks("2025-06-04")
    assert due_days(WEEKLY, records, date(2025, 6, 1), date(2025, 6, 12)) == june(1, 2, 3, 4, 11, 12)


def test_a_habit_is_due_again_from_the_first_uncovered_day_whatever_was_asked_before() -> None:
    records = ticks("2025-01-01", "2025-06-04")
    assert due_days(WEEKLY, records, date(2025, 6, 10), date(2025, 6, 11)) == june(11)


def test_an_amount_is_due_until_its_window_holds_the_target() -> None:
    rule = Rule(kind=Kind.MEASURED, freq_den=7, target_value=10.0)
    records = {date(2025, 6, 2): Record(value=4000), date(2025, 6, 4): Record(value=6000)}
    assert due_days(rule, records, date(2025, 6, 2), date(2025, 6, 10)) == june(2, 3, 4, 9, 10)


def test_a_limit_is_due_every_day() -> None:
    rule = Rule(kind=Kind.COUNTED, freq_den=7, target_type=TargetType.AT_MOST, target_value=2.0)
    assert due_days(rule, {MONDAY: Record(value=9000)}, MONDAY, SUNDAY) == june(9, 10, 11, 12, 13, 14, 15)


@pytest.mark.parametrize("rule", [{"freq_num": 0}, {"freq_den": 0}, {"weekdays": 0}, {"weekdays": 128}], ids=str)
def test_a_rule_that_can_never_be_met_is_refused(rule: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="not"):
        Rule(**rule)


@given(masks, days, days)
def test_scheduled_days_are_counted_as_one_by_one(mask: int, one: date, other: date) -> None:
    rule, first, last = Rule(weekdays=mask), *sorted((one, min(one + timedelta(days=900), other)))
    between = (first + timedelta(days=offset) for offset in range((last - first).days))
    assert scheduled_before(rule, last) - scheduled_before(rule, first) == sum(map(rule.includes, between))


@given(tick_rules, histories)
def test_every_coverage_holds_its_ticks_and_the_day_of_the_last(rule: Rule, records: dict[date, Record]) -> None:
    for begin, center, end in coverage(rule, records):
        held = [day for day, record in records.items() if record.is_done and begin <= day <= center]
        assert begin <= center <= end
        assert len(held) >= rule.times


@given(tick_rules, histories)
def test_covered_days_are_those_of_all_stretches(rule: Rule, records: dict[date, Record]) -> None:
    covered = coverage(rule, records)
    expected = {begin + timedelta(days=n) for begin, _, end in covered for n in range((end - begin).days + 1)}
    assert list(covered_days(covered)) == sorted(expected)


@given(rules, histories)
def test_whether_a_day_is_due_hangs_on_the_records_before_it_alone(rule: Rule, records: dict[date, Record]) -> None:
    before = {day: record for day, record in records.items() if day < TODAY}
    assert due_days(rule, records, TODAY, TODAY) == due_days(rule, before, TODAY, TODAY)


@given(rules, histories)
def test_due_days_of_a_stretch_are_those_of_its_days(rule: Rule, records: dict[date, Record]) -> None:
    stretch = [TODAY - timedelta(days=back) for back in range(40, -1, -1)]
    one_by_one = [due for day in stretch for due in due_days(rule, records, day, day)]
    assert due_days(rule, records, stretch[0], TODAY) == one_by_one


@given(tick_rules, histories)
def test_a_day_is_due_unless_the_ticks_before_it_cover_it(rule: Rule, records: dict[date, Record]) -> None:
    before = {day: record for day, record in records.items() if day < TODAY}
    is_covered = any(end >= TODAY for _, _, end in coverage(rule, before))
    assert due_days(rule, records, TODAY, TODAY) == ([] if is_covered else [TODAY])
