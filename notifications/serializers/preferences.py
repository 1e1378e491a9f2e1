"""What a person wants to be told, and how."""

from __future__ import annotations

from typing import Any

from django.db import models
from rest_framework import serializers

from notifications.domain.choice import Choice

ANY = "all"
"""In addresses and answers: every kind, or every channel."""


class ChoiceSerializer(serializers.Serializer[Any]):
    """What holds for a kind and a channel. In a request null settles nothing, so that what is more general holds."""

    enabled = serializers.BooleanField(required=False, allow_null=True)
    quiet_from = serializers.TimeField(
        required=False, allow_null=True, format="%H:%M", help_text="Local time from which nothing is pushed …"
    )
    quiet_to = serializers.TimeField(required=False, allow_null=True, format="%H:%M", help_text="… until this one.")
    max_per_day = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=1000)
    digest = serializers.BooleanField(
        required=False, allow_null=True, help_text="Tell of several habits of one moment in one notification."
    )
    muted_until = serializers.DateTimeField(required=False, allow_null=True)
    private = serializers.BooleanField(
        required=False, allow_null=True, help_text="Show nothing about habits on a locked screen."
    )


class PreferenceSerializer(ChoiceSerializer):
    """What holds for one kind and channel, whichever rule settles it."""

    kind = serializers.CharField(read_only=True)
    channel = serializers.CharField(read_only=True)


def preference(kind: str, channel: str, choice: Choice) -> dict[str, Any]:
    """Give what holds as `PreferenceSerializer` shows it."""
    return {
        "kind": kind or ANY,
        "channel": channel or ANY,
        "enabled": choice.enabled,
        "quiet_from": choice.quiet.begin if choice.quiet else None,
        "quiet_to": choice.quiet.end if choice.quiet else None,
        "max_per_day": choice.max_per_day,
        "digest": choice.digest,
        "muted_until": choice.muted_until,
        "private": choice.private,
    }


def words_of(texts: type[models.TextChoices]) -> list[str]:
    """Give the words by which kinds and channels are named in addresses."""
    return [value or ANY for value in texts.values]
