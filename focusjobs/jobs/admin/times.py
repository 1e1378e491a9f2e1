"""Instants and lengths of time as the console writes them: relative, with the exact instant always beside it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

STEPS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def span(length: timedelta) -> str:
    """Say how long something is, in its largest unit: “3 minutes”; below ten seconds more exactly."""
    seconds = abs(length.total_seconds())
    if seconds < 10:
        return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
    return _whole(seconds)


def _whole(seconds: float) -> str:
    size, unit = next(step for step in STEPS if seconds >= step[0])
    count = int(seconds // size)
    return f"{count} {unit}{'' if count == 1 else 's'}"


def relative(at: datetime, now: datetime) -> str:
    """Say how far an instant is from now: “3 minutes ago”, “in 2 hours”, “just now”."""
    distance = at - now
    if abs(distance) < timedelta(seconds=1):
        return "just now"
    words = _whole(abs(distance).total_seconds())
    return f"in {words}" if distance > timedelta(0) else f"{words} ago"


def exact(at: datetime) -> str:
    """Write an instant in the current time zone, with the zone's name."""
    return f"{timezone.localtime(at):%-d %b %Y, %H:%M:%S %Z}"


def moment(at: datetime | None, now: datetime) -> SafeString | str:
    """Write an instant for people and machines, relative and exact; a dash for none."""
    if at is None:
        return "–"
    return format_html(
        '<time datetime="{}" class="jc-time">{} <span class="jc-exact">{}</span></time>',
        at.isoformat(),
        relative(at, now),
        exact(at),
    )
