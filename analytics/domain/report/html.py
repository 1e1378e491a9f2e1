"""The weekly report as a part of an e-mail. Pure: no Django, no clock, no I/O.

Tables with attributes in place of style sheets, since mail programs differ in what they take of those; nothing is
loaded from anywhere.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from analytics.domain.report.sentences import paragraphs, percent, title

if TYPE_CHECKING:
    from analytics.domain.report.numbers import DayBar, WeekNumbers
    from analytics.domain.report.words import Words

WIDTH = 560
BAR = 300
GREEN, GREY, INK = "#2e7d32", "#e0e0e0", "#212121"
FLAT = 'cellpadding="0" cellspacing="0" border="0"'
FONT = "Helvetica, Arial, sans-serif"


def as_html(numbers: WeekNumbers, words: Words) -> str:
    """Return the report as HTML that can stand in an e-mail's body."""
    rows = "".join(_bar(day, words) for day in numbers.days)
    text = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs(numbers, words))
    return (
        f'<table role="presentation" lang="{words.language}" width="{WIDTH}" {FLAT}>'
        f'<tr><td><font face="{FONT}" color="{INK}"><h1>{escape(title(numbers, words))}</h1>{text}</font></td></tr>'
        f'<tr><td><table width="{WIDTH}" cellpadding="4" cellspacing="0" border="0">'
        f'<caption align="top"><font face="{FONT}" color="{INK}" size="2">{escape(words.chart)}</font></caption>'
        f"{rows}</table></td></tr></table>"
    )


def _bar(day: DayBar, words: Words) -> str:
    name = words.short_weekdays[day.day.weekday()]
    share = "–" if day.rate is None else percent(day.rate, words)
    done = round(BAR * (day.rate or 0))
    cells = "".join(
        f'<td width="{width}" height="14" bgcolor="{color}"></td>'
        for width, color in ((done, GREEN), (BAR - done, GREY))
        if width
    )
    return (
        f'<tr><th align="left" scope="row"><font face="{FONT}" color="{INK}" size="2">{name}</font></th>'
        f'<td><table role="presentation" width="{BAR}" {FLAT}><tr>{cells}</tr>'
        f'</table></td><td align="right"><font face="{FONT}" color="{INK}" size="2">{share}</font></td></tr>'
    )
