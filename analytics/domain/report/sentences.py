"""The sentences of a weekly report. Pure: no Django, no clock, no I/O.

The same numbers give the same text. A variant is chosen by the sign of a change, never by chance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analytics.domain.outcomes import whole_percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analytics.domain.report.numbers import Mention, WeekNumbers
    from analytics.domain.report.words import Plural, Words


def title(numbers: WeekNumbers, words: Words) -> str:
    """Return the headline: which week it is about."""
    first, last = numbers.first_day, numbers.last_day
    pattern = words.span
    if first.year == last.year:
        pattern = words.span_in_month if first.month == last.month else words.span_in_year
    span = pattern.format(
        first_day=first.day,
        first_month=words.months[first.month - 1],
        first_year=first.year,
        last_day=last.day,
        last_month=words.months[last.month - 1],
        last_year=last.year,
    )
    return words.title.format(span=span)


def paragraphs(numbers: WeekNumbers, words: Words) -> list[str]:
    """Return the report's paragraphs: how the week was, what the habits did, and focus."""
    parts = (_week(numbers, words), _habits(numbers, words), _focus(numbers, words))
    return [" ".join(sentences) for part in parts if (sentences := list(part))]


def plural(texts: Plural, n: int, **values: Any) -> str:
    """Return the text for one or for several, with the number in it."""
    return texts[0 if n == 1 else 1].format(n=n, **values)


def percent(share: float, words: Words) -> str:
    """Return a share as whole percent."""
    return words.percent.format(n=whole_percent(share))


def _week(numbers: WeekNumbers, words: Words) -> Iterator[str]:
    yield _opening(numbers, words)
    if numbers.perfect_days:
        yield plural(words.perfect_days, numbers.perfect_days)
    if rhythm := _rhythm(numbers, words):
        yield rhythm


def _opening(numbers: WeekNumbers, words: Words) -> str:
    if numbers.rate is None:
        return words.nothing_due
    values = {"done": numbers.done, "due": numbers.due, "rate": percent(numbers.rate, words)}
    if numbers.done == numbers.due:
        return words.everything.format(**values)
    if numbers.points is None:
        return words.first_week.format(**values)
    if numbers.points == 0:
        return words.steady.format(**values)
    return plural(words.better if numbers.points > 0 else words.worse, abs(numbers.points), **values)


def _rhythm(numbers: WeekNumbers, words: Words) -> str:
    weekday = None if numbers.best_weekday is None else words.weekdays[numbers.best_weekday]
    if numbers.best_hour is None:
        return words.rhythm_day.format(weekday=weekday) if weekday else ""
    hours = {"hour": _clock(numbers.best_hour, words), "next": _clock((numbers.best_hour + 1) % 24, words)}
    return words.rhythm.format(weekday=weekday, **hours) if weekday else words.rhythm_hour.format(**hours)


def _clock(hour: int, words: Words) -> str:
    return str(hour) if words.language == "de" else f"{hour}:00"


def _habits(numbers: WeekNumbers, words: Words) -> Iterator[str]:
    if numbers.best_streak:
        yield plural(words.best_streak, int(numbers.best_streak.number), name=numbers.best_streak.name)
    for mention, texts in ((numbers.top, words.top), (numbers.slipping, words.slipping)):
        if mention and (points := _points(mention)):
            yield plural(texts, points, name=mention.name)
    if numbers.broken:
        yield plural(words.broken, numbers.broken)


def _points(mention: Mention) -> int:
    return round(100 * abs(mention.number))


def _focus(numbers: WeekNumbers, words: Words) -> Iterator[str]:
    if numbers.focus_sessions:
        length, longest = length_of(numbers.focus_seconds, words), length_of(numbers.focus_longest, words)
        yield plural(words.focus, numbers.focus_sessions, length=length, longest=longest)


def length_of(seconds: int, words: Words) -> str:
    """Return a length of time in hours and minutes, of at least a minute."""
    hours, minutes = divmod(max(1, round(seconds / 60)), 60)
    if not hours:
        return plural(words.minutes, minutes)
    if not minutes:
        return plural(words.hours, hours)
    return words.hours_and_minutes.format(hours=plural(words.hours, hours), minutes=plural(words.minutes, minutes))
