"""What a person wants to be told, and how. Pure: no Django, no clock, no I/O.

A rule holds for a kind and a channel, or for all of either. Each of its points may be left open; then a more general
rule decides, and in the end the default.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime

from .kinds import Channel, Kind
from .quiet_hours import QuietHours

ALL = ""
"""In place of a kind or a channel: every one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What holds for one kind and channel. In a rule, None leaves a point open; in the answer, it is “no”."""

    enabled: bool | None = None
    quiet: QuietHours | None = None
    max_per_day: int | None = None
    """Pushes a local day; reminders above it only go to the inbox."""
    digest: bool | None = None
    """Several reminders of one moment are told in one."""
    muted_until: datetime | None = None
    private: bool | None = None
    """Nothing on the locked screen tells what it is about."""

    def is_muted(self, now: datetime) -> bool:
        """Tell whether a pause is on."""
        return self.muted_until is not None and now < self.muted_until


Rules = Mapping[tuple[str, str], Choice]
"""By kind and channel, either of which may be `ALL`."""

ENABLED = frozenset(
    {(kind, channel) for kind in Kind for channel in (Channel.PUSH, Channel.INBOX)} - {(Kind.TEST, Channel.INBOX)}
)
"""What is on unless somebody turns it off. E-mail is for those who ask for it."""


def choice_for(rules: Rules, kind: Kind, channel: Channel) -> Choice:
    """Give what holds: each point from the most specific rule that settles it, a kind before a channel."""
    order = ((kind, channel), (kind, ALL), (ALL, channel), (ALL, ALL))
    return _first([rules[key] for key in order if key in rules], default_for(kind, channel))


def default_for(kind: Kind, channel: Channel) -> Choice:
    """Give what holds where a person has said nothing."""
    return Choice(enabled=(kind, channel) in ENABLED, digest=True, private=False)


def _first(rules: Iterable[Choice], default: Choice) -> Choice:
    found = default
    for rule in reversed(list(rules)):
        settled = {field.name: value for field in fields(rule) if (value := getattr(rule, field.name)) is not None}
        found = replace(found, **settled)
    return found
