"""On which days a habit asks for something, and which days a tick covers. Pure: no Django, no clock, no I/O.

Coverage follows the core of Loop Habit Tracker 2.3.1: n ticks within d days cover d days from the first of them, and
a covered stretch that runs into the next one moves back as far as its last tick allows, so that what was done early
counts for the days before it. Weekday masks are an addition: a day outside the mask is never due, a tick on it counts.
"""

from __future__ import annotations

from calendar import monthrange
from collections import deque
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from habits.domain.calendar import ONE_DAY
from habits.domain.records import THOUSANDTHS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from habits.domain.records import Record, Rule

MONTHLY = (30, 31)
"""Windows of so many days mean a month, and are as long as the month that they begin in."""


class Coverage(NamedTuple):
    """The days from `begin` to `end`, both included, that enough ticks cover; `center` is the last of these ticks."""

    begin: date
    center: date
    end: date


def scheduled_before(rule: Rule, day: date) -> int:
    """Count the days that a rule includes before `day` since the first Monday of the calendar.

    Two days that it includes follow one another exactly if their counts differ by one, whatever lies between them.
    """
    weeks, weekday = divmod(day.toordinal() - 1, 7)
    exempt = sum(rule.weekdays >> other.weekday() & 1 for other in rule.exempt if other < day)
    return weeks * rule.weekdays.bit_count() + (rule.weekdays & ((1 << weekday) - 1)).bit_count() - exempt


def window_length(rule: Rule, begin: date) -> int:
    """Return how many days the window of a rule lasts that begins on `begin`.

    A month that begins on the last day of a month is as long as the next month: from 31 January to 27 February.
    """
    if rule.days not in MONTHLY:
        return rule.days
    ahead = begin + ONE_DAY
    return monthrange(ahead.year, ahead.month)[1]


def coverage(rule: Rule, records: Mapping[date, Record]) -> list[Coverage]:
    """Return what the ticks of a yes-or-no habit cover, oldest first.

    Nothing for amounts, nor for a window of one day, which is the tick's own. `end` may lie in the future, and `begin`
    before the first tick.
    """
    if rule.counts_amounts or rule.days == 1:
        return []
    return _move_back(list(_windows(rule, records, since=date.min)))


def due_days(rule: Rule, records: Mapping[date, Record], first: date, last: date) -> list[date]:
    """Return the days from `first` to `last` on which a habit asks for something, whatever was recorded on them.

    A day is due if it is in the mask and what was done before it does not cover it: a tick or a skip leaves its own day
    due, and a backdated record changes only the days after it. An amount to be reached covers a day when the window
    that ends on it holds the target already. A limit is due every day, since only a record shows that it was kept.
    """
    covered = _reached_before if rule.counts_amounts else _covered_before
    days = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    done = covered(rule, records, first, last)
    return [day for day, is_covered in zip(days, done, strict=True) if not is_covered and rule.includes(day)]


def _windows(rule: Rule, records: Mapping[date, Record], since: date) -> Iterator[Coverage]:
    """Yield the windows that begin with a tick on or after `since` and hold enough ticks, by the day they begin."""
    ticks = sorted(day for day, record in records.items() if day >= since and record.is_done)
    for begin, center in zip(ticks, ticks[rule.times - 1 :], strict=False):
        length = window_length(rule, begin)
        if (center - begin).days < length:
            yield Coverage(begin, center, begin + timedelta(days=length - 1))


def _move_back(windows: list[Coverage]) -> list[Coverage]:
    """Move each window back out of the next one, newest first, as long as it keeps its last tick."""
    for index in range(len(windows) - 2, -1, -1):
        window, following = windows[index], windows[index + 1]
        if window.end >= following.begin:
            shift = min(window.end - window.center, window.end - following.begin + ONE_DAY)
            windows[index] = Coverage(window.begin - shift, window.center, window.end - shift)
    return windows


def covered_days(covered: Iterable[Coverage]) -> Iterator[date]:
    """Yield every day of a coverage once, in order."""
    day = date.min
    for begin, _, end in sorted(covered):
        day = max(day, begin)
        while day <= end:
            yield day
            day += ONE_DAY


def _covered_before(rule: Rule, records: Mapping[date, Record], first: date, last: date) -> Iterator[bool]:
    """Tell for each day whether the ticks before it cover it."""
    longest = timedelta(days=max(rule.days, *MONTHLY))
    windows = deque(_windows(rule, records, since=first - longest) if rule.days > 1 else ())
    until = date.min
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        while windows and windows[0].center < day:
            until = windows.popleft().end
        yield day <= until


def _reached_before(rule: Rule, records: Mapping[date, Record], first: date, last: date) -> Iterator[bool]:
    """Tell for each day whether the days before it, in the window that ends on it, reach the target of an amount."""
    span = rule.days - 1
    total = sum(_amount(records, first - timedelta(days=back)) for back in range(1, span + 1))
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        yield not rule.is_limit and 0 < rule.target_value <= total / THOUSANDTHS
        day = date.fromordinal(ordinal)
        total += _amount(records, day) - _amount(records, day - timedelta(days=span))


def _amount(records: Mapping[date, Record], day: date) -> int:
    record = records.get(day)
    return record.value or 0 if record and not record.skipped else 0
