"""The texts of notifications in each language. A new language needs all names; a test compares them.

In braces: `name`, `names`, `count`, `question`, `label`, `done`, `due`, `rate`, `points`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Template:
    """A title and a body; `…_one` where one thing needs other words than several."""

    title: str
    body: str
    title_one: str = ""
    body_one: str = ""
    counts: str = "names"
    """What decides between one and several: the number of names, of a `streak`'s days, or of `points` of per cent."""


@dataclass(frozen=True, slots=True)
class Texts:
    """All texts of one language."""

    templates: Mapping[str, Template]
    and_word: str
    more: str
    """How many names a list leaves out."""
    routine: str
    """What a routine is called to which the person gave no name."""
    footer: str
    """How to end e-mails; in braces: `url`."""


ENGLISH = Texts(
    templates={
        "habit": Template("{name}", "It's time."),
        "habit.asked": Template("{name}", "{question}"),
        "habit.digest": Template("{count} habits are due", "{names}"),
        "habit.private": Template("Reminder", "It's time for a habit."),
        "routine": Template("{label}", "{count} things to do: {names}", body_one="One thing to do: {names}"),
        "routine.private": Template("Reminder", "It's time for a routine."),
        "streak_alert": Template(
            "{name}: {count} days in a row",
            "Do it today to keep your streak.",
            title_one="{name}: one day in a row",
            counts="streak",
        ),
        "streak_alert.several": Template("{count} streaks end today", "Still to do: {names}"),
        "streak_alert.private": Template("Reminder", "There is something left for today."),
        "weekly_report.up": Template(
            "Your week: {rate} %",
            "{done} of {due} done, {points} points more than in the week before.",
            body_one="{done} of {due} done, one point more than in the week before.",
            counts="points",
        ),
        "weekly_report.down": Template(
            "Your week: {rate} %",
            "{done} of {due} done, {points} points less than in the week before.",
            body_one="{done} of {due} done, one point less than in the week before.",
            counts="points",
        ),
        "weekly_report.same": Template("Your week: {rate} %", "{done} of {due} done, as in the week before."),
        "weekly_report.first": Template("Your week: {rate} %", "{done} of {due} done."),
        "weekly_report.rest": Template("Your week", "Nothing was due. Rest is part of it."),
        "weekly_report.private": Template("Weekly report", "It is ready."),
        "test": Template("It works", "This is how you will be reminded."),
        "test.private": Template("It works", "This is how you will be reminded."),
    },
    and_word="and",
    more="{count} more",
    routine="Routine",
    footer="No more of these e-mails: {url}",
)

GERMAN = Texts(
    templates={
        "habit": Template("{name}", "Es ist Zeit."),
        "habit.asked": Template("{name}", "{question}"),
        "habit.digest": Template("{count} Gewohnheiten stehen an", "{names}"),
        "habit.private": Template("Erinnerung", "Es ist Zeit für eine Gewohnheit."),
        "routine": Template("{label}", "{count} Dinge stehen an: {names}", body_one="Eine Sache steht an: {names}"),
        "routine.private": Template("Erinnerung", "Es ist Zeit für eine Routine."),
        "streak_alert": Template(
            "{name}: {count} Tage in Folge",
            "Heute noch erledigen, dann hält die Serie.",
            title_one="{name}: ein Tag in Folge",
            counts="streak",
        ),
        "streak_alert.several": Template("{count} Serien enden heute", "Noch offen: {names}"),
        "streak_alert.private": Template("Erinnerung", "Für heute ist noch etwas offen."),
        "weekly_report.up": Template(
            "Deine Woche: {rate} %",
            "{done} von {due} geschafft, {points} Punkte mehr als in der Woche davor.",
            body_one="{done} von {due} geschafft, ein Punkt mehr als in der Woche davor.",
            counts="points",
        ),
        "weekly_report.down": Template(
            "Deine Woche: {rate} %",
            "{done} von {due} geschafft, {points} Punkte weniger als in der Woche davor.",
            body_one="{done} von {due} geschafft, ein Punkt weniger als in der Woche davor.",
            counts="points",
        ),
        "weekly_report.same": Template("Deine Woche: {rate} %", "{done} von {due} geschafft, wie in der Woche davor."),
        "weekly_report.first": Template("Deine Woche: {rate} %", "{done} von {due} geschafft."),
        "weekly_report.rest": Template("Deine Woche", "Es stand nichts an. Auch Ruhe gehört dazu."),
        "weekly_report.private": Template("Wochenbericht", "Er ist fertig."),
        "test": Template("Es klappt", "So wirst du erinnert."),
        "test.private": Template("Es klappt", "So wirst du erinnert."),
    },
    and_word="und",
    more="{count} weitere",
    routine="Routine",
    footer="Keine solchen E-Mails mehr: {url}",
)

TEXTS: Mapping[str, Texts] = MappingProxyType({"en": ENGLISH, "de": GERMAN})
"""By language."""
