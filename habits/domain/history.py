"""What became of each day of a habit. Pure: no Django, no clock, no I/O."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import IntEnum
from typing import TYPE_CHECKING

from habits.domain.records import THOUSANDTHS
from habits.domain.schedule import coverage, covered_days

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from habits.domain.records import Record, Rule
    from habits.domain.schedule import Coverage

HORIZON = timedelta(days=30)
"""How far past today a history reaches, since records and coverage may lie ahead. Loop Habit Tracker's figure."""

SKIPPED_AMOUNT = 3
"""What a skipped day of an amount counts for, in thousandths. Loop Habit Tracker stores such a skip as the value 3 and
counts it as 0.003 in sums and against targets; kept, as an imported habit would change its strength otherwise."""


class Mark(IntEnum):
    """What became of a day. A tick's day is DONE; COVERED are those that a tick elsewhere makes good."""

    UNKNOWN = -1
    NOT_DONE = 0
    COVERED = 1
    DONE = 2
    SKIPPED = 3


@dataclass(frozen=True, slots=True)
class History:
    """The records of a habit as seen on `today`, over the days from `first` to `last`.

    `first` is the first day of which anything is known, be it covered or merely noted, or `today` if there is none;
    `last` is `HORIZON` after `today`. `marks` has every day of which something is known, also such as lie after `last`;
    `covered` the stretches that ticks cover, oldest first.
    """

    rule: Rule
    records: Mapping[date, Record]
    marks: Mapping[date, Mark]
    covered: Sequence[Coverage]
    first: date
    today: date
    last: date

    def keeps(self, mark: Mark) -> bool:
        """Tell whether a day with this mark keeps a streak: done, covered, or excused.

        The excuse of an amount is taken for an amount of `SKIPPED_AMOUNT`, hence it keeps most limits and breaks most
        streaks of amounts to be reached.
        """
        if mark is Mark.SKIPPED and self.rule.counts_amounts:
            return meets_target(self.rule, SKIPPED_AMOUNT)
        return mark > Mark.NOT_DONE


def trace(rule: Rule, records: Mapping[date, Record], today: date) -> History:
    """Work out what became of each day of a habit, as seen on `today`."""
    known = {day: record for day, record in records.items() if not record.is_empty}
    marks = {day: mark_of(rule, record) for day, record in known.items()}
    covered = coverage(rule, known)
    for day in covered_days(covered):
        if marks.get(day, Mark.UNKNOWN) <= Mark.NOT_DONE:
            marks[day] = Mark.COVERED
    last = today + HORIZON
    return History(rule, known, marks, covered, first=min(min(marks, default=today), last), today=today, last=last)


def exempting(rule: Rule, records: Mapping[date, Record], neutral: Collection[date]) -> Rule:
    """Return a rule that asks for nothing on neutral days, but for those on which it was done all the same.

    Neutral are days that were cut short or stretched, as by a change of the time zone: they can be won, not lost.
    """
    done = (day for day in neutral if day in records and mark_of(rule, records[day]) is Mark.DONE)
    return replace(rule, exempt=frozenset(neutral) - frozenset(done)) if neutral else rule


def meets_target(rule: Rule, thousandths: int) -> bool:
    """Tell whether the amount of one day reaches the target, or does not pass it if it is a limit."""
    amount = thousandths / THOUSANDTHS
    return amount <= rule.target_value if rule.is_limit else amount >= rule.target_value


def mark_of(rule: Rule, record: Record) -> Mark:
    """Return what a record by itself makes of its day."""
    if record.skipped:
        return Mark.SKIPPED
    if record.value is None:
        return Mark.UNKNOWN
    done = meets_target(rule, record.value) if rule.counts_amounts else record.value > 0
    return Mark.DONE if done else Mark.NOT_DONE
