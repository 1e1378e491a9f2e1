"""Numbers, lengths of time and instants in words. Pure: no Django, no clock, no I/O."""

from __future__ import annotations

from datetime import datetime, timedelta

STEPS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def span(length: timedelta) -> str:
    """Say how long something is, in its largest unit: “3 minutes”; below ten seconds more exactly."""
    seconds = abs(length.total_seconds())
    if seconds < 10:
        return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
    return _whole(seconds)


def short(seconds: float | None) -> str:
    """Say a length of time in a table's cell: “45 ms”, “3.2 s”, “4 min”, “2.5 h”, “12 days”; a dash for none."""
    if seconds is None:
        return "–"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 100:
        return f"{seconds:.3g} s"
    if seconds < 6_000:
        return f"{seconds / 60:.3g} min"
    return f"{seconds / 3_600:.3g} h" if seconds < 360_000 else f"{seconds / 86_400:,.0f} days"


def relative(at: datetime, now: datetime) -> str:
    """Say how far an instant is from now: “3 minutes ago”, “in 2 hours”, “just now”."""
    distance = at - now
    if abs(distance) < timedelta(seconds=1):
        return "just now"
    words = _whole(abs(distance).total_seconds())
    return f"in {words}" if distance > timedelta(0) else f"{words} ago"


def several(count: int, noun: str, cap: int | None = None) -> str:
    """Say how many there are: “1 job”, “1,204 jobs”; beyond a cap at which was counted no further “1,000+ jobs”."""
    many = "people" if noun == "person" else f"{noun}s"
    if cap is not None and count > cap:
        return f"{cap:,}+ {many}"
    return f"{count:,} {noun if count == 1 else many}"


def _whole(seconds: float) -> str:
    size, unit = next(step for step in STEPS if seconds >= step[0])
    return several(int(seconds // size), unit)
