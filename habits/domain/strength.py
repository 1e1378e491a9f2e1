"""How firm a habit has become, from 0 to 1. Pure: no Django, no clock, no I/O.

Exponential smoothing with the constants of Loop Habit Tracker 2.3.1: without the habit, the strength of a daily one
halves in 13 days, and that of one wanted n times in d days in √(d/n) times as many.
"""

from __future__ import annotations

import math
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING

from habits.domain.history import SKIPPED_AMOUNT
from habits.domain.records import THOUSANDTHS

if TYPE_CHECKING:
    from datetime import date

    from habits.domain.history import History
    from habits.domain.records import Record, Rule

HALF_LIFE = 13
"""Days without a daily habit after which half of its strength is left."""


def decay(times: int, days: int) -> float:
    """Return what share of the strength of a habit, wanted `times` in `days`, is left after one day without it."""
    return math.pow(0.5, math.sqrt(times / days) / HALF_LIFE)


def step(previous: float, share: float, kept: float) -> float:
    """Return the strength after a day on which `share` (0 to 1) of what the habit asks for was reached.

    `kept` is the `decay` of the habit.
    """
    return previous * kept + share * (1 - kept)


def strengths(history: History) -> dict[date, float]:
    """Return the strength at the end of each day from the first to the last of a history.

    A skip, a day outside the weekday mask and an exempt day leave it as it was. What was done on a day outside the mask
    counts in the windows of the days after it. Before the first day every habit's strength counts as 0.
    """
    gains, holds = _gains(history), _holds(history)
    rule, first = history.rule, history.first
    (length, times), kept_a_day = _window(rule), decay(rule.times, rule.days)
    strength, total, result = (1.0 if rule.is_limit else 0.0), 0, {}
    for index, gained in enumerate(gains):
        total += gained - (gains[index - length] if index >= length else 0)
        if not holds[index]:
            strength = step(strength, share_of(rule, total, times), kept_a_day)
        result[first + timedelta(days=index)] = strength
    return result


def _window(rule: Rule) -> tuple[int, int]:
    """Return over how many days is summed up, and how many ticks are asked for in them.

    For ticks of a habit that is not daily these are twice the numbers of its rule, as in Loop, so that a week counts as
    full when the habit moves from one weekday to another.
    """
    factor = 2 if not rule.counts_amounts and rule.times < rule.days else 1
    return rule.days * factor, rule.times * factor


def share_of(rule: Rule, total: int, times: int) -> float:
    """Return the share, from 0 to 1, of what the rule asks for that a window's sum reaches."""
    if not rule.counts_amounts:
        return min(1.0, total / times)
    amount, target = total / THOUSANDTHS, rule.target_value
    if rule.is_limit:
        return _share_of_limit(amount, target)
    return min(1.0, amount / target) if target > 0 else 1.0


def _share_of_limit(amount: float, target: float) -> float:
    """Return 1 up to the limit, 0 from twice the limit on, and the line between."""
    if target > 0:
        return min(1.0, max(0.0, 1 - (amount - target) / target))
    return 0.0 if amount > 0 else 1.0


def _gains(history: History) -> list[int]:
    """Return what each day of a history adds to its window: ticks, or thousandths of a unit."""
    gains = [0] * ((history.last - history.first).days + 1)
    for day, record in history.records.items():
        if history.first <= day <= history.last:
            gains[(day - history.first).days] = gain(history.rule, record)
    return gains


def gain(rule: Rule, record: Record) -> int:
    """Return what a day's record adds to a window: a tick, or thousandths of a unit."""
    if not rule.counts_amounts:
        return int(record.is_done)
    return SKIPPED_AMOUNT if record.skipped else max(0, record.value or 0)


def _holds(history: History) -> list[bool]:
    """Tell for each day of a history whether it leaves the strength as it was."""
    weekday, mask = history.first.weekday(), history.rule.weekdays
    holds = [not mask >> (weekday + index) % 7 & 1 for index in range((history.last - history.first).days + 1)]
    skips = (day for day, record in history.records.items() if record.skipped)
    for day in chain(skips, history.rule.exempt):
        if history.first <= day <= history.last:
            holds[(day - history.first).days] = True
    return holds
