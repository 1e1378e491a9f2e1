"""Charts as SVG texts, by attributes alone: no styles, no scripts, so that a strict policy lets them be.

Frames and letters have the colour of the text around them, so that they fit light and dark pages. Pure: no Django, no
clock, no I/O.
"""

from __future__ import annotations

from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING

from habits.domain.calendar import week_start_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

CELL, GAP = 11, 3
GREEN = "#2e7d32"
STEPS = (0.15, 0.4, 0.6, 0.8, 1.0)
"""Opacities of the heatmap, from nothing done to all."""


def bars(days: Sequence[tuple[str, float | None]], caption: str) -> str:
    """Return a chart with a bar for each labelled share, from 0 to 1; None has no bar."""
    width, height = 44 * len(days) + 8, 132
    parts = [
        f'<text x="{26 + 44 * place}" y="126" text-anchor="middle" font-size="12" fill="currentColor">{escape(label)}'
        f"</text>{_bar(8 + 44 * place, share)}"
        for place, (label, share) in enumerate(days)
    ]
    return _svg(width, height, caption, parts)


def _bar(left: int, share: float | None) -> str:
    if share is None:
        return ""
    tall = round(100 * share, 1)
    return (
        f'<rect x="{left}" y="8" width="36" height="100" rx="3" fill="currentColor" fill-opacity="0.1"/>'
        f'<rect x="{left}" y="{108 - tall}" width="36" height="{tall}" rx="3" fill="{GREEN}"/>'
    )


def heatmap(shares: Mapping[date, float | None], first: date, last: date, week_start: int, caption: str) -> str:
    """Return a calendar of days, a column a week, each the darker the greater its share; None is an empty frame."""
    origin = week_start_of(first, week_start)
    weeks = (last - origin).days // 7 + 1
    size = CELL + GAP
    cells = _cells(shares, origin, first, last)
    return _svg(weeks * size + GAP, 7 * size + GAP, caption, cells)


def _cells(shares: Mapping[date, float | None], origin: date, first: date, last: date) -> Iterator[str]:
    for n in range((last - origin).days + 1):
        day = origin + timedelta(days=n)
        if day < first:
            continue
        x, y = GAP + n // 7 * (CELL + GAP), GAP + n % 7 * (CELL + GAP)
        share = shares.get(day)
        paint = 'fill="none" stroke="currentColor" stroke-opacity="0.2"'
        if share is not None:
            paint = f'fill="{GREEN}" fill-opacity="{STEPS[round(share * (len(STEPS) - 1))]}"'
        said = f"{day.isoformat()}: {'–' if share is None else f'{share:.0%}'}"
        yield f'<rect x="{x}" y="{y}" width="{CELL}" height="{CELL}" rx="2" {paint}><title>{said}</title></rect>'


def curve(values: Sequence[float], caption: str) -> str:
    """Return a line through values from 0 to 1, one a day."""
    width, height = 560, 140
    step = (width - 16) / max(1, len(values) - 1)
    points = " ".join(f"{8 + n * step:.1f},{height - 12 - value * (height - 24):.1f}" for n, value in enumerate(values))
    lines = [
        f'<line x1="8" x2="{width - 8}" y1="{y}" y2="{y}" stroke="currentColor" stroke-opacity="0.2"/>'
        for y in (12, height // 2, height - 12)
    ]
    line = f'<polyline points="{points}" fill="none" stroke="{GREEN}" stroke-width="2"/>' if len(values) > 1 else ""
    return _svg(width, height, caption, [*lines, line])


def _svg(width: int, height: int, caption: str, parts: Sequence[str] | Iterator[str]) -> str:
    said = escape(caption)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{said}"><title>{said}</title>{"".join(parts)}</svg>'
    )
