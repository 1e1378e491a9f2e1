"""Statistics of one habit."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from .figures import RATE, StreakSerializer
from .ranges import LONGEST


class HeatmapSerializer(serializers.Serializer[Any]):
    """A closed day of a habit."""

    day = serializers.DateField()
    due = serializers.BooleanField()
    done = serializers.BooleanField()
    skipped = serializers.BooleanField()
    strength = serializers.FloatField(help_text="At the end of the day.")


class RatesSerializer(serializers.Serializer[Any]):
    """Rates of the closed days before today."""

    days_7 = serializers.FloatField(allow_null=True, help_text=RATE)
    days_30 = serializers.FloatField(allow_null=True, help_text=RATE)
    days_90 = serializers.FloatField(allow_null=True, help_text=RATE)


class StatisticsSerializer(serializers.Serializer[Any]):
    """What a habit's records come to, as of its owner's local day."""

    as_of = serializers.DateField(help_text="The person's day for which this holds.")
    strength = serializers.FloatField(help_text="Habit strength, 0 to 1.")
    streak = StreakSerializer(help_text="The current streak; a day that is not over is not missed yet.")
    best_streak = StreakSerializer(help_text="The longest streak.")
    total = serializers.IntegerField(help_text="Days on which it was done.")
    done_today = serializers.BooleanField()
    due_today = serializers.BooleanField(help_text="It asks for something today, be it done already or not.")
    rates = RatesSerializer()
    weekdays = serializers.ListField(
        child=serializers.IntegerField(), help_text="Days done of the last 90, by weekday; Monday first."
    )
    heatmap = HeatmapSerializer(many=True, required=False, help_text="Where `days` asks for it; oldest first.")


class HeatmapQuerySerializer(serializers.Serializer[Any]):
    """The query of a habit's statistics."""

    days = serializers.IntegerField(
        required=False, default=0, min_value=0, max_value=LONGEST, help_text="Closed days that the heatmap has."
    )
