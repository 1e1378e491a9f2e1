"""Agreement with the answers of independent implementations. Skipped where the oracle folder is absent."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from habits.domain.calendar import day_bounds, logical_date
from habits.domain.history import HORIZON, trace
from habits.domain.records import Record
from habits.domain.streaks import Streak, best, streaks
from habits.domain.strength import decay, step, strengths
from habits.domain.summary import summarise
from habits.domain.territory import first_weekday
from tests.unit.habits.occurrences import next_fires
from tests.unit.habits.oracle import SKIP, UNKNOWN, document, imported_habits, lines, records_of, rule_of

WEEKDAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]
EXACT = 1e-9
SINGLE = 1e-6
"""Loop's overview is computed in single precision."""


def by_id(cases: list[Any]) -> Any:
    return pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in cases])


def by_zone(name: str) -> Any:
    zones: dict[str, list[Any]] = {}
    for case in lines(name):
        zones.setdefault(case["zone"], []).append(case)
    return pytest.mark.parametrize("cases", [pytest.param(cases, id=zone) for zone, cases in zones.items()])


def minutes(text: str) -> int:
    clock = time.fromisoformat(text)
    return clock.hour * 60 + clock.minute


def runs(found: list[Streak]) -> list[list[Any]]:
    return [[run.start.isoformat(), run.end.isoformat(), run.length] for run in found]


def computed(case: Any, today: date) -> list[list[Any]]:
    """What became of each day, in Loop's values: marks for ticks, the entries themselves for amounts."""
    history = trace(rule_of(case["habit"]), records_of(case), today)
    if history.rule.counts_amounts:
        return [[day.isoformat(), _loop_amount(record)] for day, record in sorted(history.records.items())]
    return [[day.isoformat(), mark.value] for day, mark in sorted(history.marks.items())]


def _loop_amount(record: Record) -> int:
    return SKIP if record.skipped else UNKNOWN if record.value is None else record.value


@by_id(lines("engine_cases_sample.jsonl") + imported_habits())
def test_a_habit_has_the_figures_that_loop_computes(case: Any) -> None:
    today, expect = date.fromisoformat(case["today"]), case["expect"]
    rule, records = rule_of(case["habit"]), records_of(case)
    history = trace(rule, records, today)
    values = strengths(history)
    found = streaks(history)

    assert computed(case, today) == expect["computed"]
    assert history.first == min(date.fromisoformat(expect["scores_from"]), history.last)
    assert [values[day] for day in sorted(values) if day <= today] == pytest.approx(expect["scores"], abs=EXACT)
    assert values.get(today, 0.0) == pytest.approx(expect["score_today"], abs=EXACT)
    assert values[today + HORIZON] == pytest.approx(expect["score_today_plus_30"], abs=EXACT)
    assert runs(found[::-1]) == expect["streaks"]
    assert runs(best(found, 10)) == expect["best10"]


@by_id(lines("engine_cases_sample.jsonl") + imported_habits())
def test_a_summary_has_the_overview_that_loop_shows(case: Any) -> None:
    today, overview = date.fromisoformat(case["today"]), case["expect"]["overview"]
    rule, records = rule_of(case["habit"]), records_of(case)
    summary, values = summarise(rule, records, today), strengths(trace(rule, records, today))

    assert summary.strength == pytest.approx(case["expect"]["score_today"], abs=EXACT)
    assert summary.completed_today == case["expect"]["completed_today"]
    assert summary.strength == pytest.approx(overview["score"], abs=SINGLE)
    month, year = (summary.strength - values.get(today - timedelta(days=days), 0.0) for days in (30, 365))
    assert (month, year) == pytest.approx((overview["month_diff"], overview["year_diff"]), abs=SINGLE)
    assert rule.counts_amounts or summary.total_done == overview["total"]


@by_id(document("loop_unit_tests.json"))
def test_a_habit_has_the_figures_that_loops_own_tests_expect(case: Any) -> None:
    today, expect = date.fromisoformat(case["today"]), case["expect"]
    history = trace(rule_of(case["habit"]), records_of(case), today)
    values, found = strengths(history), streaks(history)
    checks = {
        "tol": lambda _: None,
        "score_finite": lambda _: 0.0 <= values[today] <= 1.0,
        "score_today": lambda wanted: values.get(today, 0.0) == pytest.approx(wanted, abs=expect["tol"]),
        "score_today_greater_than": lambda least: values[today] > least,
        "scores_newest_first": lambda wanted: (
            [values.get(today - timedelta(days=back), 0.0) for back in range(len(wanted))]
            == pytest.approx(wanted, abs=expect["tol"])
        ),
        "computed_newest_first": lambda wanted: computed(case, today)[::-1] == wanted,
    }
    for name, wanted in expect.items():
        if name.startswith("best"):
            count = int(name.removeprefix("best").partition("_")[0])
            assert [run.length for run in best(found, count)] == wanted
        else:
            assert checks[name](wanted) in (True, None), name


@pytest.mark.skipif(not document("score_compute.json"), reason="The oracle folder is absent.")
def test_one_day_moves_the_strength_as_in_loop() -> None:
    for times, days, previous, share, expected in document("score_compute.json"):
        moved = step(previous, share, decay(int(times), int(days)))
        assert abs(moved - expected) <= 1e-12, (times, days, previous, share)


@by_zone("time_day_bounds_sample.jsonl")
def test_days_begin_and_end_at_the_expected_instants(cases: list[Any]) -> None:
    found = [day_bounds(case["zone"], minutes(case["day_start"]), date.fromisoformat(case["date"])) for case in cases]
    assert found == [
        (datetime.fromisoformat(case["start_utc"]), datetime.fromisoformat(case["end_utc"])) for case in cases
    ]
    assert [(end - start).total_seconds() for start, end in found] == [case["seconds"] for case in cases]


@by_zone("time_logical_date_sample.jsonl")
def test_instants_have_the_expected_dates(cases: list[Any]) -> None:
    found = [
        logical_date(case["zone"], minutes(case["day_start"]), datetime.fromisoformat(case["instant"]))
        for case in cases
    ]
    assert [day.isoformat() for day in found] == [case["logical_date"] for case in cases]


@by_zone("time_next_fire_sample.jsonl")
def test_reminders_come_at_the_expected_instants(cases: list[Any]) -> None:
    for case in cases:
        at, after = time.fromisoformat(case["local_time"]), datetime.fromisoformat(case["after"])
        found = next_fires(case["zone"], at, case["weekday_mask_mon0"], after, 3)
        assert found == [datetime.fromisoformat(instant) for instant in case["next"]]


@pytest.mark.skipif(not document("week_start_by_territory.json"), reason="The oracle folder is absent.")
def test_weeks_begin_as_cldr_says() -> None:
    expected = {territory: day for territory, (day, _) in document("week_start_by_territory.json").items()}
    assert {territory: WEEKDAYS[first_weekday(territory)] for territory in expected} == expected
