"""Template tags of the console."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.safestring import SafeString

from focusjobs.console.zones import Times

from ..admin import charts, times
from ..domain import words
from ..error_groups import Growing, Hour

register = template.Library()


@register.simple_tag(takes_context=True)
def moment(context: Context, at: datetime | None) -> SafeString | str:
    """Write an instant as the operator chose; `now` and `times` of the page say when and how."""
    now: datetime = context.get("now") or timezone.now()
    return times.moment(at, now, context.get("times") or Times.RELATIVE)


@register.filter
def short(seconds: float | None) -> str:
    """Write a length of time in seconds in a few characters."""
    return words.short(seconds)


@register.filter
def span(length: timedelta | None) -> str:
    """Write a length of time in words."""
    return words.span(length) if length is not None else "–"


@register.filter
def several(count: int, noun: str) -> str:
    """Write a number with what it counts."""
    return words.several(count, noun)


@register.filter
def thousands(number: float | None) -> str:
    """Write a number with commas, to a tenth where it is small; a dash for none."""
    if number is None:
        return "–"
    return f"{number:,.0f}" if number >= 10 or number == int(number) else f"{number:.1f}"


@register.filter
def class_name(exception: str) -> str:
    """Write the class of an error without its module."""
    return exception.rpartition(".")[2]


@register.filter
def as_json(value: Any) -> str:
    """Write a value as JSON, for an attribute that the script of the console reads."""
    return json.dumps(value, ensure_ascii=False)


@register.simple_tag
def capped(count: int | None, cap: int) -> str:
    """Write a number that was counted up to a cap; nothing where it was not counted."""
    return "" if count is None else f"{cap:,}+" if count > cap else f"{count:,}"


@register.simple_tag
def meter(share: float, over: bool, name: str) -> SafeString:
    """Draw how much of the time that a job may wait is used up."""
    return charts.meter(f"{name}: {share:.0%} of the target", share, "bad" if over else "busy")


@register.simple_tag
def spark(hours: Sequence[Hour], label: str) -> SafeString:
    """Draw how often an error was met in each hour."""
    numbers = [hour.attempts for hour in hours]
    return charts.spark(f"{label}: {sum(numbers):,} attempts in the last {len(numbers)} hours", numbers)


@register.filter
def is_growing(grown: Growing) -> bool:
    """Tell whether an error was met more than twice as often as before."""
    return grown.now > 2 * grown.before
