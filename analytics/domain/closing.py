"""Takes where a habit stands one day further, without looking back. Pure: no Django, no clock, no I/O.

The nightly close does the same for many people in one statement (`analytics.rollups.close_statements.CLOSE`); this is
its specification, and what the day that is still open is shown by.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analytics.domain.outcomes import MILESTONES, NOTABLE_STREAK, HabitDay, Outcome
from habits.domain.history import SKIPPED_AMOUNT, Mark, mark_of, meets_target
from habits.domain.records import THOUSANDTHS, Record
from habits.domain.strength import gain, share_of, step

if TYPE_CHECKING:
    from datetime import date

    from analytics.domain.standing import Standing
    from analytics.domain.terms import Terms
    from habits.domain.records import Rule

NOTHING = Record()


def is_unsure(terms: Terms, standing: Standing, day: date, record: Record, *, neutral: bool = False) -> bool:
    """Tell whether a day can only be closed by looking back.

    Where ticks cover other days and this one lies before the latest run, an earlier run decides; a neutral day may have
    to leave the run; and what a tick of a monthly habit covers hangs on months.
    """
    if not terms.has_runs:
        return False
    later = standing.run_start is not None and standing.run_start > day
    return later or neutral or (not terms.counts_recent and record.is_done)


def close(
    rule: Rule,
    terms: Terms,
    standing: Standing,
    day: date,
    *,
    record: Record = NOTHING,
    dropped: Record = NOTHING,
    neutral: bool = False,
) -> tuple[Standing, HabitDay]:
    """Return where a habit stands at the end of `day`, the day after that of `standing`, and what became of the day.

    `dropped` is the record of the day that leaves the window, `terms.span` days before. Exact unless `is_unsure`.
    """
    mark = mark_of(rule, record)
    exempt = neutral and mark is not Mark.DONE
    asked = terms.includes(day) and not exempt
    keeps = _keeps(rule, terms, standing, day, mark)
    window = _window(rule, terms, standing, record, dropped)
    streak = (standing.streak + 1 if keeps else 0) if asked else standing.streak
    strength = standing.strength if standing.first_day else terms.start
    if asked and not record.skipped:
        strength = step(strength, share_of(rule, window, _times(terms)), terms.decay)
    is_due = asked and not _is_covered(terms, standing, day, dropped)
    after = replace(
        standing,
        strength=strength,
        window_sum=window if terms.span > 1 else 0,
        skips=_skips(terms, standing, record, dropped),
        recent=(standing.recent << 1 | (mark is Mark.DONE)) & ((1 << terms.span) - 1) if terms.counts_recent else 0,
        streak=streak,
        streak_start=(standing.streak_start or day) if streak else None,
        total=standing.total + (mark is Mark.DONE),
        first_day=standing.first_day or (None if record.is_empty else day),
    )
    if not terms.has_runs and streak and streak >= standing.best_streak:
        after = replace(after, best_streak=streak, best_streak_start=after.streak_start)
    return after, HabitDay(day, _outcome(is_due, mark, standing.streak, streak), strength, streak or standing.streak)


def _times(terms: Terms) -> int:
    return terms.times * 2 if terms.doubled else terms.times


def _keeps(rule: Rule, terms: Terms, standing: Standing, day: date, mark: Mark) -> bool:
    if terms.has_runs:
        return (
            standing.run_start is not None
            and standing.run_end is not None
            and (standing.run_start <= day <= standing.run_end)
        )
    if mark is Mark.SKIPPED and rule.counts_amounts:
        return meets_target(rule, SKIPPED_AMOUNT)
    return mark > Mark.NOT_DONE


def _window(rule: Rule, terms: Terms, standing: Standing, record: Record, dropped: Record) -> int:
    if terms.span == 1:
        return gain(rule, record)
    if terms.counts_recent:
        return standing.window_sum + gain(rule, record) - (standing.recent >> (terms.span - 1) & 1)
    return standing.window_sum + gain(rule, record) - gain(rule, dropped)


def _skips(terms: Terms, standing: Standing, record: Record, dropped: Record) -> int:
    if terms.ticks or terms.span == 1:
        return 0
    return standing.skips + record.skipped - dropped.skipped


def _is_covered(terms: Terms, standing: Standing, day: date, dropped: Record) -> bool:
    """Tell whether what was done before a day leaves nothing to ask for: `habits.domain.schedule.due_days`."""
    if terms.counts_recent:
        return (standing.recent & ((1 << (terms.days - 1)) - 1)).bit_count() >= terms.times
    if terms.ticks:
        return standing.covered_until is not None and standing.covered_until >= day
    if terms.at_most or terms.target <= 0 or terms.days == 1:
        return False
    amount = 0 if dropped.skipped else dropped.value or 0
    left = standing.window_sum - SKIPPED_AMOUNT * standing.skips - amount
    return left / THOUSANDTHS >= terms.target


def _outcome(is_due: bool, mark: Mark, before: int, after: int) -> Outcome:
    outcome = Outcome.DUE if is_due else Outcome(0)
    outcome |= {Mark.DONE: Outcome.DONE, Mark.SKIPPED: Outcome.SKIPPED}.get(mark, Outcome(0))
    if before >= NOTABLE_STREAK and not after:
        outcome |= Outcome.BROKEN
    if after > before and after in MILESTONES:
        outcome |= Outcome.MILESTONE
    return outcome
