"""The model of what so many people need: laws that hold whatever the costs are."""

from __future__ import annotations

import pytest

from benchmarks.capacity.__main__ import kept, table
from benchmarks.capacity.model import ACTS, BEHAVIOUR, LIMITS, ZONES, acts_of_hour, breaking_points, need, value_of

MILLION = 1e6


def test_everybody_lives_in_one_zone() -> None:
    assert sum(ZONES.values()) == pytest.approx(1)


def test_the_hours_of_a_day_add_up_to_what_people_do_in_a_day() -> None:
    hours = [acts_of_hour(MILLION, hour) for hour in range(24)]
    for act in ACTS:
        assert sum(hour[act] for hour in hours) == pytest.approx(MILLION * BEHAVIOUR.daily()[act][0])


def test_a_zone_whose_midnight_it_is_ends_its_days_then() -> None:
    assert acts_of_hour(MILLION, 23)["close"] == pytest.approx(MILLION * ZONES[1])


def test_ten_times_the_people_need_ten_times_as_much_but_for_what_an_idle_stack_takes() -> None:
    one, ten = need(MILLION, kept()), need(10 * MILLION, kept())
    assert ten.rows_year == pytest.approx(10 * one.rows_year)
    assert 9 * one.cores["postgres"] < ten.cores["postgres"] <= 10 * one.cores["postgres"]


def test_where_it_breaks_a_limit_is_just_reached() -> None:
    for label, users in breaking_points(kept()).items():
        name, limit, _ = LIMITS[label]
        assert value_of(need(users, kept()), name) == pytest.approx(limit)


def test_limits_come_with_the_tightest_first() -> None:
    points = list(breaking_points(kept()).values())
    assert points == sorted(points)


def test_the_table_of_the_page_is_that_of_the_costs_that_are_kept() -> None:
    from tests.unit.test_docs import ROOT

    assert table(kept()) in (ROOT / "docs/scale.md").read_text()
