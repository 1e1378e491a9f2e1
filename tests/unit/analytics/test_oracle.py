"""What a close carries from day to day agrees with Loop Habit Tracker's own answers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from analytics.domain.closing import NOTHING, close, is_unsure
from analytics.domain.standing import chronicle
from tests.unit.habits.oracle import lines, records_of, rule_of

CASES = lines("engine_cases_sample.jsonl")
DAYS = 40


@pytest.mark.skipif(not CASES, reason="the oracle is not beside this clone")
@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_strength_closed_day_by_day_is_loops(case: dict[str, Any]) -> None:
    rule, today = rule_of(case["habit"]), date.fromisoformat(case["today"])
    records = {day: record for day, record in records_of(case).items() if not record.is_empty}
    scores = case["expect"]["scores"]
    first = date.fromisoformat(case["expect"]["scores_from"])
    if min(records, default=today) > today:
        return  # all that is known lies ahead: Loop gives 0, a close has not begun
    eve = max(first, today - timedelta(days=DAYS))
    found = chronicle(rule, records, eve, eve)
    terms, standing = found.terms, found.standing
    for day in (eve + timedelta(days=n) for n in range(1, (today - eve).days + 1)):
        record, dropped = records.get(day, NOTHING), records.get(day - timedelta(days=terms.span), NOTHING)
        unsure = is_unsure(terms, standing, day, record)
        standing, _ = close(rule, terms, standing, day, record=record, dropped=dropped)
        if unsure:
            standing = chronicle(rule, records, day, day).standing
        assert standing.strength == pytest.approx(scores[(day - first).days], abs=1e-9)
