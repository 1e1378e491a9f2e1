"""Charts as SVG, made here so that no script and no style has to: their colours are classes, each bar says its numbers.

A picture is stretched to the width that there is; words stand around it in HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

HEIGHT = 100.0
WIDTH, GAP = 10.0, 2.0
"""Of a bar, the gap behind it included, and of the gap."""

METER = (
    '<svg class="jc-meter" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label="{0}">'
    "<title>{0}</title>"
    '<rect class="jc-fill-track" width="100" height="6"/><rect class="jc-fill-{1}" width="{2}" height="6"/></svg>'
)
PICTURE = '<svg class="{}" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
RECT = '<rect class="jc-fill-{}" x="{}" y="{}" width="{}" height="{}"/>'


@dataclass(frozen=True)
class Bar:
    """A bar: what it says, and its parts from the bottom up, each with its colour's name and its number."""

    title: str
    parts: tuple[tuple[str, float], ...]

    @property
    def total(self) -> float:
        """How high it is."""
        return sum(number for _, number in self.parts)


def bars(label: str, row: Sequence[Bar], *, top: float | None = None, kind: str = "jc-bars") -> SafeString:
    """Draw bars side by side; `top` is the number at the upper edge, the largest where none is given."""
    highest = top or max((bar.total for bar in row), default=0) or 1
    drawn = format_html_join(
        *("", "<g><title>{}</title>{}</g>"),
        ((bar.title, _bar(place * WIDTH, bar, highest)) for place, bar in enumerate(row)),
    )
    return format_html(PICTURE, kind, f"{len(row) * WIDTH:g}", f"{HEIGHT:g}", label, drawn)


def spark(label: str, numbers: Sequence[float], colour: str = "bad") -> SafeString:
    """Draw a row of bars that is small enough for a table's cell; a single one does not look like many."""
    row = [Bar(f"{number:g}", ((colour, number),)) for number in numbers]
    return bars(label, row, top=max([*numbers, 4]), kind="jc-spark")


def meter(label: str, share: float, colour: str) -> SafeString:
    """Draw how much of something is used up, 0 to 1."""
    return format_html(METER, label, colour, f"{100 * min(1.0, max(0.0, share)):.1f}")


def _bar(left: float, bar: Bar, highest: float) -> SafeString:
    place, width, below = f"{left + GAP / 2:g}", f"{WIDTH - GAP:g}", 0.0
    drawn = [format_html('<rect class="jc-hit" x="{}" y="0" width="{}" height="{}"/>', f"{left:g}", WIDTH, HEIGHT)]
    for colour, number in bar.parts:
        height = max(HEIGHT * number / highest, 1.0) if number else 0.0
        if height:
            top = max(0.0, HEIGHT - below - height)
            drawn.append(format_html(RECT, colour, place, f"{top:.1f}", width, f"{height:.1f}"))
        below += height
    return SafeString("".join(drawn))
