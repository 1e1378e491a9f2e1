"""The colours of Loop Habit Tracker, which changed their numbering twice.

Source: the project's migrations 14 and 21 and the colours of its CSV export (github.com/iSoron/uhabits).
"""

from __future__ import annotations

PALETTE = (
    *("#D32F2F", "#E64A19", "#F57C00", "#FF8F00", "#F9A825", "#AFB42B", "#7CB342", "#388E3C", "#00897B", "#00ACC1"),
    *("#039BE5", "#1976D2", "#303F9F", "#5E35B1", "#8E24AA", "#D81B60", "#5D4037", "#303030", "#757575", "#AAAAAA"),
)
"""Colours by their number since schema 21."""

_NUMBER_SINCE_21 = (0, 1, 4, 5, 7, 8, 9, 10, 13, 14, 15, 17, 19)
"""Today's number of each of the thirteen colours of the schemas 14 to 20."""

_PACKED_COLORS = (
    *(-2937041, -1684967, -415707, -5262293, -13070788, -16742021, -16732991),
    *(-16540699, -10603087, -7461718, -2614432, -13619152, -5592406),
)
"""The same thirteen as signed 32-bit ARGB, which the schemas before 14 stored."""

_RED = 0
"""What Loop makes of a colour it does not know."""


def css_color(color: int, schema: int) -> str:
    """Return a stored colour as #RRGGBB, by the numbering of its schema; an unknown one is red, as in Loop."""
    if schema < 14 and color in _PACKED_COLORS:
        color = _PACKED_COLORS.index(color)
    if schema < 21:
        color = _NUMBER_SINCE_21[color if 0 <= color < len(_NUMBER_SINCE_21) else _RED]
    return PALETTE[color if 0 <= color < len(PALETTE) else _RED]
