"""The words of notifications, in every language."""

from __future__ import annotations

import re

import pytest

from notifications.domain.copy import (
    LANGUAGES,
    MOST_BODY,
    MOST_TITLE,
    Subject,
    Words,
    footer_for,
    language_of,
    words_for,
)
from notifications.domain.kinds import Kind
from notifications.domain.samples import SAMPLES
from notifications.domain.texts import TEXTS

NAMES = ["Run", "Read", "Water", "Stretch", "Piano"]


def habit(*names: str, question: str = "") -> Subject:
    return Subject(kind=Kind.HABIT, names=names, question=question)


def test_every_language_has_every_text() -> None:
    names = {language: set(texts.templates) for language, texts in TEXTS.items()}

    assert len(set(map(frozenset, names.values()))) == 1
    assert {"en", "de"} <= names.keys()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_fills_its_texts(name: str, language: str) -> None:
    for private in (False, True):
        words = words_for(SAMPLES[name], language, private=private)
        assert words.title
        assert words.body
        assert not re.search(r"[{}–]", words.title + words.body)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [Kind.HABIT, Kind.ROUTINE, Kind.STREAK_ALERT])
def test_a_locked_screen_tells_nothing_about_habits(kind: Kind, language: str) -> None:
    subject = Subject(kind=kind, names=["Therapy"], question="Did you go?", label="Secret", facts={"streak": 5})
    words = words_for(subject, language, private=True)

    assert not re.search("Therapy|go|Secret|5", words.title + words.body)


@pytest.mark.parametrize(
    ("subject", "locale", "expected"),
    [
        (habit("Run"), "en", Words("Run", "It's time.")),
        (habit("Run", question="Did you run?"), "de", Words("Run", "Did you run?")),
        (habit(*NAMES[:2]), "en", Words("2 habits are due", "Run and Read")),
        (habit(*NAMES), "en", Words("5 habits are due", "Run, Read, Water and 2 more")),
        (habit(*NAMES), "de-AT", Words("5 Gewohnheiten stehen an", "Run, Read, Water und 2 weitere")),
        (
            Subject(kind=Kind.ROUTINE, names=["Run"], label="Morning"),
            "en",
            Words("Morning", "One thing to do: Run"),
        ),
        (
            Subject(kind=Kind.STREAK_ALERT, names=["Run"], facts={"streak": 12}),
            "de",
            Words("Run: 12 Tage in Folge", "Heute noch erledigen, dann hält die Serie."),
        ),
        (
            Subject(kind=Kind.WEEKLY_REPORT, facts={"done": 6, "due": 7, "rate": 86, "change": -1}),
            "en",
            Words("Your week: 86 %", "6 of 7 done, one point less than in the week before."),
        ),
    ],
)
def test_one_and_several_have_words_of_their_own(subject: Subject, locale: str, expected: Words) -> None:
    assert words_for(subject, locale) == expected


def test_braces_in_a_name_are_only_braces() -> None:
    assert words_for(habit("{count} {0} {names.__class__}"), "en").title == "{count} {0} {names.__class__}"


def test_long_and_broken_names_are_cut_to_what_can_be_shown() -> None:
    words = words_for(habit("a\nb\u2028c " + "x" * 500, question="y" * 900), "en")

    assert words.title.startswith("a b c xxx")
    assert (len(words.title), words.title[-1]) == (MOST_TITLE, "…")
    assert (len(words.body), words.body[-1]) == (MOST_BODY, "…")


@pytest.mark.parametrize(
    ("locale", "language"), [("de", "de"), ("de-CH", "de"), ("DE_at", "de"), ("fr", "en"), ("", "en"), ("x" * 35, "en")]
)
def test_people_of_other_languages_are_told_in_english(locale: str, language: str) -> None:
    assert language_of(locale) == language


def test_an_e_mail_says_how_to_end_such_e_mails() -> None:
    assert footer_for("de", "https://x.example/u") == "Keine solchen E-Mails mehr: https://x.example/u"
