"""The weekly report in words, HTML and a chart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.domain.charts import bars, curve, heatmap
from analytics.domain.report import WORDS, DayBar, Mention, WeekNumbers, as_html, paragraphs, title, words_for

MONDAY = date(2026, 3, 2)
EN, DE = WORDS["en"], WORDS["de"]
NUMBERS = WeekNumbers(
    first_day=MONDAY,
    last_day=date(2026, 3, 8),
    due=21,
    done=18,
    rate=18 / 21,
    previous_rate=0.74,
    perfect_days=1,
    broken=1,
    focus_seconds=12_300,
    focus_sessions=6,
    focus_longest=3_000,
    best_weekday=1,
    best_hour=7,
    best_streak=Mention("Run", 12),
    top=Mention("Run", 0.061),
    slipping=Mention("Read <a book>", -0.014),
    days=[DayBar(MONDAY + timedelta(days=n), None if n == 6 else 0.5) for n in range(7)],
)


def test_a_week_is_told_in_english() -> None:
    assert title(NUMBERS, EN) == "Your week, 2–8 March 2026"
    assert paragraphs(NUMBERS, EN) == [
        "A better week: you did 18 of 21 (86%), 12 points more than the week before. 1 day was perfect. In the last "
        "four weeks Tuesday was your best day, and you ticked most often between 7:00 and 8:00.",
        "Your longest streak: Run, 12 days. Run has grown most: its strength rose by 6 points. Read <a book> is "
        "slipping: its strength fell by 1 point. One day is enough to turn that. 1 streak ended.",
        "You focused for 3 hours and 25 minutes in 6 sessions, the longest of them 50 minutes.",
    ]


def test_a_week_is_told_in_german() -> None:
    assert title(NUMBERS, DE) == "Deine Woche, 2. bis 8. März 2026"
    assert paragraphs(NUMBERS, DE) == [
        "Eine bessere Woche: 18 von 21 geschafft (86\u00a0%), 12 Punkte mehr als in der Woche davor. 1 Tag war "
        "perfekt. In den letzten vier Wochen war Dienstag dein bester Tag, und am häufigsten hast du zwischen 7 und 8 "
        "Uhr abgehakt.",
        "Deine längste Serie: Run, 12 Tage. Run ist am meisten gewachsen: um 6 Punkte fester. Read <a book> lässt "
        "nach: um 1 Punkt loser. Ein Tag genügt, um das zu wenden. 1 Serie ist zu Ende gegangen.",
        "Du warst 3 Stunden und 25 Minuten lang konzentriert, in 6 Sitzungen, die längste davon 50 Minuten.",
    ]


@pytest.mark.parametrize(
    ("changes", "opening"),
    [
        ({"previous_rate": 0.87}, "You did 18 of 21 (86%), 1 point less than the week before."),
        ({"previous_rate": 0.858}, "A steady week: you did 18 of 21 (86%), as much as the week before."),
        ({"previous_rate": None}, "You did 18 of 21 (86%)."),
        ({"due": 18, "rate": 1.0}, "Everything that was due is done: 18 of 18. Congratulations!"),
        ({"due": 0, "done": 0, "rate": None}, "Nothing was due in this week. Enjoy the rest."),
    ],
)
def test_the_opening_follows_the_sign_of_the_change(changes: dict[str, float | None], opening: str) -> None:
    assert paragraphs(replace(NUMBERS, **changes), EN)[0].startswith(opening)


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2026, 3, 30), date(2026, 4, 5), "30 March – 5 April 2026"),
        (date(2025, 12, 29), date(2026, 1, 4), "29 December 2025 – 4 January 2026"),
    ],
)
def test_a_week_over_the_end_of_a_month_or_year_names_both(first: date, last: date, said: str) -> None:
    assert title(replace(NUMBERS, first_day=first, last_day=last), EN) == f"Your week, {said}"


@pytest.mark.parametrize(
    ("locale", "language"), [("de-AT", "de"), ("DE_CH", "de"), ("en", "en"), ("fr-FR", "en"), ("", "en")]
)
def test_the_language_is_the_persons_and_english_where_it_is_not_spoken(locale: str, language: str) -> None:
    assert words_for(locale).language == language


names = st.text(min_size=1, max_size=30)
mentions = st.none() | st.builds(Mention, names, st.floats(-1, 1))
weeks = st.builds(
    WeekNumbers,
    first_day=st.just(MONDAY),
    last_day=st.just(MONDAY + timedelta(days=6)),
    due=st.integers(0, 50),
    done=st.integers(0, 50),
    rate=st.none() | st.floats(0, 1),
    previous_rate=st.none() | st.floats(0, 1),
    perfect_days=st.integers(0, 7),
    broken=st.integers(0, 5),
    focus_seconds=st.integers(0, 600_000),
    focus_sessions=st.integers(0, 50),
    focus_longest=st.integers(0, 86_400),
    best_weekday=st.none() | st.integers(0, 6),
    best_hour=st.none() | st.integers(0, 23),
    best_streak=mentions,
    top=mentions,
    slipping=mentions,
    days=st.lists(st.builds(DayBar, st.just(MONDAY), st.none() | st.floats(0, 1)), min_size=1, max_size=7),
)


@given(weeks, st.sampled_from(sorted(WORDS)))
def test_any_week_can_be_told_and_the_same_week_is_told_the_same(numbers: WeekNumbers, language: str) -> None:
    words = WORDS[language]
    told = paragraphs(numbers, words)
    assert told == paragraphs(numbers, words)
    assert as_html(numbers, words).startswith("<table")


class Tags(HTMLParser):
    """Collects the tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)


def test_the_mail_loads_nothing_runs_nothing_and_escapes_names() -> None:
    html = as_html(NUMBERS, EN)
    found = Tags()
    found.feed(html)
    assert "Read &lt;a book&gt; is slipping" in html
    assert found.tags <= {"table", "tr", "td", "th", "caption", "font", "h1", "p"}
    assert not found.attributes & {"style", "href", "src", "onclick", "background"}


@pytest.mark.parametrize(
    "svg",
    [
        bars([("Mon", 0.5), ("<b>", None)], "a & b"),
        heatmap({MONDAY: 1.0, MONDAY + timedelta(days=3): 0.0}, MONDAY, MONDAY + timedelta(days=20), 6, "a & b"),
        curve([0.0, 0.5, 1.0], "a & b"),
        curve([], "a & b"),
    ],
)
def test_charts_are_well_formed_and_have_neither_styles_nor_scripts(svg: str) -> None:
    root = ElementTree.fromstring(svg)  # noqa: S314 - made here
    assert root.get("aria-label") == "a & b"
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    attributes = {name for element in root.iter() for name in element.attrib}
    assert tags <= {"svg", "title", "rect", "text", "line", "polyline"}
    assert not attributes & {"style", "class", "onload", "href"}


def test_the_heatmap_has_a_cell_a_day_and_says_what_it_shows() -> None:
    svg = heatmap({MONDAY: 0.25}, MONDAY, MONDAY + timedelta(days=9), 0, "days")
    cells = ElementTree.fromstring(svg).findall("{http://www.w3.org/2000/svg}rect")  # noqa: S314 - made here
    assert len(cells) == 10
    assert cells[0][0].text == "2026-03-02: 25%"
    assert (cells[0].get("x"), cells[7].get("x")) == ("3", "17")
