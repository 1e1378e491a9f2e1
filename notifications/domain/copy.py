"""The words of notifications, by kind and language. Pure: no Django, no clock, no I/O.

A text has a form for one and a form for more (the plural rules of English and German in Unicode's CLDR); where a number
decides, it is `count`. Each kind has private words too, which tell nothing about habits: they are shown on a locked
screen of those who want that. Names that people chose are put in as they are, and never read as part of a template.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .kinds import Kind
from .texts import TEXTS, Template

DEFAULT_LANGUAGE = "en"

LANGUAGES = tuple(TEXTS)
"""In which people can be told."""

MOST_NAMES = 3
"""Names of habits that are listed; the others are counted."""

MOST_TITLE, MOST_BODY = 120, 400
"""Characters that are shown; phones show less, and providers take 4 KiB in all."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is shown."""

    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a notification tells of."""

    kind: Kind
    names: Sequence[str] = ()
    """Of habits, in their order."""
    question: str = ""
    """The person's own words for asking about the habit, if it is one habit."""
    label: str = ""
    """The person's own name for a routine."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Numbers: `streak` of the first habit; of a week `done`, `due`, `rate` and `change` in per cent."""


def language_of(locale: str) -> str:
    """Give the language in which a person of this locale is told: “de” for “de-AT”."""
    language = locale.replace("_", "-").partition("-")[0].lower()
    return language if language in LANGUAGES else DEFAULT_LANGUAGE


def words_for(subject: Subject, locale: str, *, private: bool = False) -> Words:
    """Give the words for a locale, cut to what can be shown."""
    texts = TEXTS[language_of(locale)]
    template = texts.templates[_template_name(subject, private=private)]
    counted = {"names": len(subject.names), "streak": subject.facts.get("streak", 0), "points": _points(subject.facts)}
    values = {
        **subject.facts,
        **counted,
        "count": counted[template.counts],
        "names": _listed(subject.names, texts.and_word, texts.more),
        "name": subject.names[0] if subject.names else "",
        "label": subject.label or texts.routine,
        "question": subject.question,
    }
    title, body = _filled(template, values)
    return Words(_cut(title, MOST_TITLE), _cut(body, MOST_BODY))


def _template_name(subject: Subject, *, private: bool) -> str:
    if private:
        return f"{subject.kind}.private"
    if subject.kind is Kind.HABIT:
        return "habit.digest" if len(subject.names) > 1 else "habit.asked" if subject.question else "habit"
    if subject.kind is Kind.STREAK_ALERT:
        return "streak_alert.several" if len(subject.names) > 1 else "streak_alert"
    if subject.kind is Kind.WEEKLY_REPORT:
        return f"weekly_report.{_trend(subject.facts)}"
    return str(subject.kind)


def _points(facts: Mapping[str, Any]) -> int:
    return abs(int(facts.get("change") or 0))


def _trend(facts: Mapping[str, Any]) -> str:
    change = facts.get("change")
    if not facts.get("due"):
        return "rest"
    return "first" if change is None else "up" if change > 0 else "down" if change < 0 else "same"


def _filled(template: Template, values: Mapping[str, Any]) -> tuple[str, str]:
    """Put values into the form for their number."""
    one = values["count"] == 1
    title = template.title_one if one and template.title_one else template.title
    body = template.body_one if one and template.body_one else template.body
    return title.format_map(_Values(values)), body.format_map(_Values(values))


class _Values(dict[str, Any]):
    """Values of a template; one that is not known leaves a gap and stops no reminder."""

    def __missing__(self, key: str) -> str:
        return "–"


def _listed(names: Sequence[str], and_word: str, more: str) -> str:
    """Put names into a list as people speak: “A, B and 2 more”."""
    shown = list(names[:MOST_NAMES])
    if left := len(names) - len(shown):
        shown.append(more.format(count=left))
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} {and_word} {shown[-1]}" if shown else ""


def _cut(text: str, most: int) -> str:
    """Shorten a text with an ellipsis; line breaks and other control characters become spaces."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def footer_for(locale: str, url: str) -> str:
    """Give what an e-mail says about how to end such e-mails."""
    return TEXTS[language_of(locale)].footer.format(url=url)
