"""The words of reports in each language. Pure: no Django, no clock, no I/O.

A pair of texts is for one and for several of what `{n}` counts; both languages decide by whether it is 1
(https://cldr.unicode.org/index/cldr-spec/plural-rules).
"""

from __future__ import annotations

from dataclasses import dataclass

Plural = tuple[str, str]

NBSP = "\u00a0"


@dataclass(frozen=True, slots=True)
class Words:
    """What a report says in one language; the names in braces are those that `sentences` fills in."""

    language: str
    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    short_weekdays: tuple[str, ...]
    percent: str
    span_in_month: str
    span_in_year: str
    span: str
    title: str
    nothing_due: str
    everything: str
    better: Plural
    steady: str
    worse: Plural
    first_week: str
    perfect_days: Plural
    rhythm: str
    rhythm_day: str
    rhythm_hour: str
    best_streak: Plural
    top: Plural
    slipping: Plural
    broken: Plural
    focus: Plural
    hours: Plural
    minutes: Plural
    hours_and_minutes: str
    chart: str


ENGLISH = Words(
    language="en",
    months=(
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    short_weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    percent="{n}%",
    span_in_month="{first_day}–{last_day} {last_month} {last_year}",
    span_in_year="{first_day} {first_month} – {last_day} {last_month} {last_year}",
    span="{first_day} {first_month} {first_year} – {last_day} {last_month} {last_year}",
    title="Your week, {span}",
    nothing_due="Nothing was due in this week. Enjoy the rest.",
    everything="Everything that was due is done: {done} of {due}. Congratulations!",
    better=(
        "A better week: you did {done} of {due} ({rate}), {n} point more than the week before.",
        "A better week: you did {done} of {due} ({rate}), {n} points more than the week before.",
    ),
    steady="A steady week: you did {done} of {due} ({rate}), as much as the week before.",
    worse=(
        "You did {done} of {due} ({rate}), {n} point less than the week before. A new week has begun.",
        "You did {done} of {due} ({rate}), {n} points less than the week before. A new week has begun.",
    ),
    first_week="You did {done} of {due} ({rate}).",
    perfect_days=("{n} day was perfect.", "{n} days were perfect."),
    rhythm="In the last four weeks {weekday} was your best day, and you ticked most often between {hour} and {next}.",
    rhythm_day="In the last four weeks {weekday} was your best day.",
    rhythm_hour="In the last four weeks you ticked most often between {hour} and {next}.",
    best_streak=("Your longest streak: {name}, {n} day.", "Your longest streak: {name}, {n} days."),
    top=(
        "{name} has grown most: its strength rose by {n} point.",
        "{name} has grown most: its strength rose by {n} points.",
    ),
    slipping=(
        "{name} is slipping: its strength fell by {n} point. One day is enough to turn that.",
        "{name} is slipping: its strength fell by {n} points. One day is enough to turn that.",
    ),
    broken=("{n} streak ended.", "{n} streaks ended."),
    focus=(
        "You focused for {length} in {n} session.",
        "You focused for {length} in {n} sessions, the longest of them {longest}.",
    ),
    hours=("{n} hour", "{n} hours"),
    minutes=("{n} minute", "{n} minutes"),
    hours_and_minutes="{hours} and {minutes}",
    chart="What was done on each day",
)

GERMAN = Words(
    language="de",
    months=(
        *("Januar", "Februar", "März", "April", "Mai", "Juni"),
        *("Juli", "August", "September", "Oktober", "November", "Dezember"),
    ),
    weekdays=("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    short_weekdays=("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    percent="{n}" + NBSP + "%",
    span_in_month="{first_day}. bis {last_day}. {last_month} {last_year}",
    span_in_year="{first_day}. {first_month} bis {last_day}. {last_month} {last_year}",
    span="{first_day}. {first_month} {first_year} bis {last_day}. {last_month} {last_year}",
    title="Deine Woche, {span}",
    nothing_due="In dieser Woche stand nichts an. Genieß die Ruhe.",
    everything="Alles, was anstand, ist geschafft: {done} von {due}. Glückwunsch!",
    better=(
        "Eine bessere Woche: {done} von {due} geschafft ({rate}), {n} Punkt mehr als in der Woche davor.",
        "Eine bessere Woche: {done} von {due} geschafft ({rate}), {n} Punkte mehr als in der Woche davor.",
    ),
    steady="Eine beständige Woche: {done} von {due} geschafft ({rate}), so viel wie in der Woche davor.",
    worse=(
        "{done} von {due} geschafft ({rate}), {n} Punkt weniger als in der Woche davor. Eine neue Woche hat begonnen.",
        "{done} von {due} geschafft ({rate}), {n} Punkte weniger als in der Woche davor. Eine neue Woche hat begonnen.",
    ),
    first_week="{done} von {due} geschafft ({rate}).",
    perfect_days=("{n} Tag war perfekt.", "{n} Tage waren perfekt."),
    rhythm="In den letzten vier Wochen war {weekday} dein bester Tag, und am häufigsten hast du zwischen {hour} und "
    "{next} Uhr abgehakt.",
    rhythm_day="In den letzten vier Wochen war {weekday} dein bester Tag.",
    rhythm_hour="In den letzten vier Wochen hast du am häufigsten zwischen {hour} und {next} Uhr abgehakt.",
    best_streak=("Deine längste Serie: {name}, {n} Tag.", "Deine längste Serie: {name}, {n} Tage."),
    top=(
        "{name} ist am meisten gewachsen: um {n} Punkt fester.",
        "{name} ist am meisten gewachsen: um {n} Punkte fester.",
    ),
    slipping=(
        "{name} lässt nach: um {n} Punkt loser. Ein Tag genügt, um das zu wenden.",
        "{name} lässt nach: um {n} Punkte loser. Ein Tag genügt, um das zu wenden.",
    ),
    broken=("{n} Serie ist zu Ende gegangen.", "{n} Serien sind zu Ende gegangen."),
    focus=(
        "Du warst {length} lang konzentriert, in {n} Sitzung.",
        "Du warst {length} lang konzentriert, in {n} Sitzungen, die längste davon {longest}.",
    ),
    hours=("{n} Stunde", "{n} Stunden"),
    minutes=("{n} Minute", "{n} Minuten"),
    hours_and_minutes="{hours} und {minutes}",
    chart="Was an jedem Tag geschafft wurde",
)

WORDS = {words.language: words for words in (ENGLISH, GERMAN)}


def words_for(locale: str) -> Words:
    """Return the words for a language tag such as `de-AT`; English for a language that is not there."""
    return WORDS.get(locale.replace("_", "-").split("-")[0].lower(), ENGLISH)
