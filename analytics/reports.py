"""The weekly report of a person: numbers, text, a part of an e-mail, and a chart, in their language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from analytics.domain.charts import bars
from analytics.domain.periods import Period
from analytics.domain.report import DayBar, Mention, WeekNumbers, as_html, paragraphs, title, words_for
from analytics.models import UserWeek
from analytics.selectors import closed_days, week_before, week_of_person
from habits.models import Habit, User


@dataclass(frozen=True, slots=True)
class WeeklyReport:
    """A week of a person, told."""

    week: UserWeek
    numbers: WeekNumbers
    title: str
    text: str
    """Paragraphs, separated by empty lines."""
    html: str
    """Stands in the body of an e-mail; loads nothing."""
    svg: str
    """The days of the week as a chart."""


def weekly_report(user: User, week: UserWeek) -> WeeklyReport:
    """Tell a person's week. The same week gives the same report, unless late edits change its numbers."""
    words = words_for(user.locale)
    numbers = numbers_of(user, week)
    days = [(words.short_weekdays[bar.day.weekday()], bar.rate) for bar in numbers.days]
    return WeeklyReport(
        week=week,
        numbers=numbers,
        title=title(numbers, words),
        text="\n\n".join(paragraphs(numbers, words)),
        html=as_html(numbers, words),
        svg=bars(days, words.chart),
    )


@dataclass(frozen=True, slots=True)
class EmailPart:
    """A report as an e-mail tells it."""

    subject: str
    text: str
    html: str


def email_part(user_id: int, facts: Mapping[str, object]) -> EmailPart | None:
    """Give the report of a person's week for an e-mail that is about to leave, late edits included (EMAIL_PARTS).

    facts: `week` is the first day of the week, in ISO 8601. None where it has no statistics any more.
    """
    user = User.objects.filter(pk=user_id).first()
    week = week_of_person(user, date.fromisoformat(str(facts["week"]))) if user and "week" in facts else None
    if user is None or week is None:
        return None
    report = weekly_report(user, week)
    return EmailPart(report.title, report.text, report.html)


def numbers_of(user: User, week: UserWeek) -> WeekNumbers:
    """Give the numbers that a week's report tells."""
    before = week_before(week)
    rates = {day.day: day.figures.rate for day in closed_days(user, week.first_day, week.last_day)}
    mentioned = [habit for habit in (week.best_streak_habit, week.top_habit, week.slipping_habit) if habit]
    names = dict(Habit.objects.filter(pk__in=mentioned, deleted=False).values_list("pk", "name"))
    return WeekNumbers(
        first_day=week.first_day,
        last_day=week.last_day,
        due=week.due - week.skipped,
        done=week.done,
        rate=week.rate,
        previous_rate=before.rate if before else None,
        perfect_days=week.perfect_days,
        broken=week.broken,
        focus_seconds=week.focus_seconds,
        focus_sessions=week.focus_sessions,
        focus_longest=week.focus_longest,
        best_weekday=week.best_weekday,
        best_hour=week.best_hour,
        best_streak=_mention(names, week.best_streak_habit, week.best_streak),
        top=_mention(names, week.top_habit, week.top_change),
        slipping=_mention(names, week.slipping_habit, week.slipping_change),
        days=[DayBar(day, rates.get(day)) for day in Period(week.first_day, week.last_day).days],
    )


def _mention(names: dict[int, str], habit: int | None, number: float | None) -> Mention | None:
    return Mention(names[habit], number) if habit in names and number is not None else None
