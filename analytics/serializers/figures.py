"""What several answers have: figures of a day, focus and streaks."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

RATE = "What was done of what was due and not skipped, 0 to 1; null where nothing was asked for."


class FiguresSerializer(serializers.Serializer[Any]):
    """A person's habits on a day."""

    due = serializers.IntegerField(help_text="Habits that asked for something.")
    done = serializers.IntegerField(help_text="Of those due.")
    skipped = serializers.IntegerField(help_text="Of those due.")
    extra = serializers.IntegerField(help_text="Done without being due.")
    rate = serializers.FloatField(allow_null=True, help_text=RATE)
    perfect = serializers.BooleanField(help_text="All that was due was done or skipped, and something done.")
    strength = serializers.FloatField(allow_null=True, help_text="Mean strength of the habits.")


class FocusTotalsSerializer(serializers.Serializer[Any]):
    """Focus sessions that began in a stretch of time."""

    seconds = serializers.IntegerField()
    sessions = serializers.IntegerField()
    longest = serializers.IntegerField(help_text="Seconds of the longest one.")


class StreakSerializer(serializers.Serializer[Any]):
    """A streak."""

    days = serializers.IntegerField(help_text="0 when there is none.")
    start = serializers.DateField(allow_null=True, help_text="Its first day.")
