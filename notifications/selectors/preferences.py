"""What a person has settled about notifications, and what holds."""

from __future__ import annotations

from collections.abc import Mapping

from habits.models import User
from notifications.domain.choice import ALL, Choice, Rules, choice_for
from notifications.domain.kinds import Channel, Kind

from .people import rules_of


def choices_of(user: User) -> Rules:
    """Give what a person has settled."""
    return rules_of([user.pk]).get(user.pk, {})


def effective(rules: Rules, kind: str, channel: str) -> Choice:
    """Give what holds for a kind and a channel; for all of either, what was settled there."""
    if ALL in (kind, channel):
        return rules.get((kind, channel), Choice())
    return choice_for(rules, Kind(kind), Channel(channel))


def choices_of_all(user: User) -> Mapping[tuple[str, str], Choice]:
    """Give what was settled for all, and what holds for each kind and channel."""
    rules = choices_of(user)
    general = {key: rules.get(key, Choice()) for key in [(ALL, ALL), *((ALL, channel) for channel in Channel)]}
    return {**general, **{(kind, channel): choice_for(rules, kind, channel) for kind in Kind for channel in Channel}}
