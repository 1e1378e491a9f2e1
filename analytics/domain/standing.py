"""Where a habit stands at the end of a day, worked out from all of its records. Pure: no Django, no clock, no I/O.

`analytics.domain.closing` takes it a day further without looking back; both come to the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING

from analytics.domain.outcomes import MILESTONES, NOTABLE_STREAK, HabitDay, Outcome
from analytics.domain.terms import Terms, terms_of
from habits.domain.calendar import ONE_DAY
from habits.domain.history import HORIZON, History, Mark, exempting, trace
from habits.domain.schedule import coverage, due_days
from habits.domain.streaks import Streak, best, streaks
from habits.domain.strength import gain, share_of, step, strengths
from habits.domain.summary import total_done

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from habits.domain.records import Record, Rule


@dataclass(frozen=True, slots=True)
class Standing:
    """What is carried from one closed day of a habit to the next.

    Of a habit whose ticks cover other days (`Terms.has_runs`), streaks follow from all records there are, later ones
    too, as a tick can join what lay apart before it; all else follows from those up to the day.
    """

    strength: float = 0.0
    window_sum: int = 0
    """Sum over the days of the window: ticks, or thousandths of a unit; 0 where the window is a single day."""
    skips: int = 0
    """Skipped days in the window of an amount."""
    recent: int = 0
    """Ticks of the latest days, bit 0 for the day itself; of habits with `Terms.counts_recent`."""
    streak: int = 0
    """Days in the streak that is alive at the end of the day."""
    streak_start: date | None = None
    best_streak: int = 0
    """Days in the longest streak, the latest of several; with runs, of those before the latest one."""
    best_streak_start: date | None = None
    total: int = 0
    """Days done."""
    first_day: date | None = None
    """The first day of which anything was recorded."""
    run_start: date | None = None
    """The latest run of kept days, which may reach into days ahead; of habits with runs."""
    run_end: date | None = None
    covered_until: date | None = None
    """The last day that earlier ticks cover; of habits with runs that do not count recent ticks."""


@dataclass(frozen=True, slots=True)
class Chronicle:
    """Where a habit stands, and what became of it on each day until then, oldest first."""

    terms: Terms
    standing: Standing
    days: list[HabitDay]


def chronicle(
    rule: Rule, records: Mapping[date, Record], first: date, last: date, neutral: Collection[date] = ()
) -> Chronicle:
    """Work out where a habit stands at the end of `last`, and its days from `first` on.

    `neutral` are days that ask for nothing unless it was done (`habits.domain.history.exempting`). Takes time
    proportional to the days since the first record.
    """
    rule, terms = exempting(rule, records, neutral), terms_of(rule)
    known = {day: record for day, record in records.items() if not record.is_empty}
    until = {day: record for day, record in known.items() if day <= last}
    history = trace(rule, until, last)
    # Ticks may cover days beyond the horizon of a history, which would seem open when they come.
    kept = trace(rule, known, max(known) + timedelta(days=rule.days)) if terms.has_runs and known else history
    lengths = _lengths(rule, kept, min(kept.first, first), last)
    strength = strengths(history)
    standing = Standing(
        strength=strength[last],
        streak=lengths.get(last, 0),
        total=total_done(history),
        streak_start=current_start(lengths, rule, last),
        first_day=min(until, default=None),
        covered_until=_covered_until(rule, terms, until),
    )
    standing = _with_window(_with_streaks(standing, terms, kept), rule, terms, until, last)
    days = _days(rule, history, strength, lengths, first)
    return Chronicle(terms, standing, list(days))


def current_start(lengths: Mapping[date, int], rule: Rule, last: date) -> date | None:
    """Return the first day of the streak that is alive at the end of `last`."""
    length, day = lengths.get(last, 0), last
    while length and not (lengths[day] == 1 and rule.includes(day)):
        day -= ONE_DAY
    return day if length else None


def _lengths(rule: Rule, history: History, first: date, last: date) -> dict[date, int]:
    """Return, for each day, how many days the streak alive at its end has."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]

    def following(length: int, day: date) -> int:
        if not rule.includes(day):
            return length
        return length + 1 if history.keeps(history.marks.get(day, Mark.UNKNOWN)) else 0

    lengths = accumulate(days, following, initial=0)
    next(lengths)
    return dict(zip(days, lengths, strict=True))


def _days(
    rule: Rule, history: History, strength: Mapping[date, float], lengths: Mapping[date, int], first: date
) -> Iterator[HabitDay]:
    if first > history.today:
        return
    due = frozenset(due_days(rule, history.records, first, history.today))
    for ordinal in range(first.toordinal(), history.today.toordinal() + 1):
        day = date.fromordinal(ordinal)
        before, after = lengths.get(day - ONE_DAY, 0), lengths[day]
        outcome = Outcome(0)
        if day in due:
            outcome |= Outcome.DUE
        if history.marks.get(day) is Mark.DONE:
            outcome |= Outcome.DONE
        elif history.marks.get(day) is Mark.SKIPPED:
            outcome |= Outcome.SKIPPED
        if before >= NOTABLE_STREAK and not after:
            outcome |= Outcome.BROKEN
        if after > before and after in MILESTONES:
            outcome |= Outcome.MILESTONE
        value = strength[day] if day >= history.first else blank_strength(rule, day)
        yield HabitDay(day, outcome, value, after or before)


def blank_strength(rule: Rule, day: date) -> float:
    """Return the strength at the end of a day before the first record, as if the habit began with it."""
    terms = terms_of(rule)
    return step(terms.start, share_of(rule, 0, terms.times), terms.decay) if rule.includes(day) else terms.start


def _with_window(standing: Standing, rule: Rule, terms: Terms, until: Mapping[date, Record], last: date) -> Standing:
    if terms.span == 1:
        return standing
    inside = {day: record for day, record in until.items() if (last - day).days < terms.span}
    recent = sum(1 << (last - day).days for day, record in inside.items() if record.is_done)
    return replace(
        standing,
        window_sum=sum(gain(rule, record) for record in inside.values()),
        skips=0 if terms.ticks else sum(record.skipped for record in inside.values()),
        recent=recent if terms.counts_recent else 0,
    )


def _with_streaks(standing: Standing, terms: Terms, kept: History) -> Standing:
    runs = streaks(kept)
    newest = runs.pop() if terms.has_runs and runs else None
    longest = next(iter(best(runs, 1)), None)
    return replace(
        standing,
        best_streak=longest.length if longest else 0,
        best_streak_start=longest.start if longest else None,
        run_start=newest.start if newest else None,
        run_end=newest.end if newest else None,
    )


def _covered_until(rule: Rule, terms: Terms, until: Mapping[date, Record]) -> date | None:
    if not terms.has_runs or terms.counts_recent:
        return None
    windows = coverage(rule, until)
    return windows[-1].end if windows else None


def best_of(standing: Standing, rule: Rule, today: date) -> Streak | None:
    """Return the longest streak as `habits.domain.summary` gives it on `today`, days ahead included."""
    runs = []
    if standing.best_streak and standing.best_streak_start:
        runs.append(Streak(standing.best_streak_start, standing.best_streak_start, standing.best_streak))
    if standing.run_start and standing.run_end:
        runs.append(cut(Streak(standing.run_start, standing.run_end, 0), rule, today + HORIZON))
    return next(iter(best(runs, 1)), None)


def cut(run: Streak, rule: Rule, last: date) -> Streak:
    """Return a run up to a day at most, with its length; the run begins on a day that the rule includes."""
    days = (run.start + timedelta(days=n) for n in range((min(run.end, last) - run.start).days + 1))
    included = [day for day in days if rule.includes(day)]
    return Streak(run.start, included[-1], len(included)) if included else Streak(run.start, run.start, 0)
