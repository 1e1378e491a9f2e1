"""The charts of the last day: how many jobs ended, how long they waited and ran."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.safestring import SafeString

from ..domain.histogram import quantile
from ..domain.words import short
from ..looking.throughput import Slot
from ..telling.tally import BOUNDS
from .charts import Bar, bars

HALF, MOST = 0.5, 0.95


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart with what stands around it."""

    title: str
    summary: str
    picture: SafeString
    top: str
    legend: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    """The same numbers in words, for those who do not see the picture."""


def charts_of(slots: Sequence[Slot]) -> list[Chart]:
    """Give the charts of a day."""
    return [_ended(slots), _lengths("Waited before they ran", "waits", slots), _lengths("Ran", "runs", slots)]


def _ended(slots: Sequence[Slot]) -> Chart:
    completed, failed = sum(slot.completed for slot in slots), sum(slot.failed for slot in slots)
    summary = f"{completed:,} completed, {failed:,} failed"
    row = [
        Bar(
            f"{_clock(slot)}: {slot.completed:,} completed, {slot.failed:,} failed",
            (("bad", slot.failed), ("soft", slot.completed)),
        )
        for slot in slots
    ]
    return Chart(
        title="Jobs that ended",
        summary=summary,
        picture=bars(f"Jobs that ended in each half hour: {summary}.", row),
        top=f"{max(bar.total for bar in row):,.0f} in half an hour",
        legend=(("soft", "completed"), ("bad", "failed")),
        columns=("half hour", "completed", "failed", "cancelled"),
        rows=[(_clock(slot), f"{slot.completed:,}", f"{slot.failed:,}", f"{slot.cancelled:,}") for slot in slots],
    )


def _lengths(title: str, of: str, slots: Sequence[Slot]) -> Chart:
    histograms = [getattr(slot, of) for slot in slots]
    known = [(quantile(buckets, BOUNDS, HALF), quantile(buckets, BOUNDS, MOST)) for buckets in histograms]
    whole = [sum(column) for column in zip(*filter(None, histograms), strict=True)]
    summary = f"half within {short(quantile(whole, BOUNDS, HALF))}, 95 % within {short(quantile(whole, BOUNDS, MOST))}"
    cells = [(_clock(slot), short(half), short(most)) for slot, (half, most) in zip(slots, known, strict=True)]
    row = [
        Bar(f"{at}: half within {half}, 95 % within {most}", _stack(*lengths))
        for (at, half, most), lengths in zip(cells, known, strict=True)
    ]
    return Chart(
        title=title,
        summary=summary,
        picture=bars(f"{title}, by half hour: {summary}.", row),
        top=short(max((most or 0 for _, most in known), default=0)),
        legend=(("busy", "half"), ("soft", "95 %")),
        columns=("half hour", "half within", "95 % within"),
        rows=cells,
    )


def _stack(half: float | None, most: float | None) -> tuple[tuple[str, float], ...]:
    return (("busy", half or 0), ("soft", max(0.0, (most or 0) - (half or 0))))


def _clock(slot: Slot) -> str:
    return f"{timezone.localtime(slot.at):%H:%M}"
