"""Instants as the console writes them: relative or in a zone, as the operator chose, with the other one behind it."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from focusjobs.console.zones import Times

from ..domain.words import relative


def exact(at: datetime) -> str:
    """Write an instant in the current time zone, with the zone's name."""
    return f"{timezone.localtime(at):%-d %b %Y, %H:%M:%S %Z}"


def brief(at: datetime, now: datetime) -> str:
    """Write an instant in the current time zone, without the day where that is today."""
    local, today = timezone.localtime(at), timezone.localtime(now).date()
    if local.date() == today:
        return f"{local:%H:%M:%S}"
    return f"{local:%-d %b, %H:%M:%S}" if local.year == today.year else f"{local:%-d %b %Y, %H:%M:%S}"


def moment(at: datetime | None, now: datetime, times: Times = Times.RELATIVE) -> SafeString | str:
    """Write an instant for people and machines; a dash for none."""
    if at is None:
        return "–"
    shown, title = relative(at, now), exact(at)
    if times is not Times.RELATIVE:
        shown, title = brief(at, now), f"{shown}, {title}"
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), title, shown)
