"""The weekly report: from a week's numbers to text, HTML and a chart. Pure: no Django, no clock, no I/O."""

from .html import as_html
from .numbers import DayBar, Mention, WeekNumbers
from .sentences import paragraphs, title
from .words import WORDS, Words, words_for

__all__ = ["WORDS", "DayBar", "Mention", "WeekNumbers", "Words", "as_html", "paragraphs", "title", "words_for"]
