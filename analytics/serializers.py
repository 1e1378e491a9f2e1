"""What the REST interface of the analytics app gives."""

from __future__ import annotations

from rest_framework import serializers

from analytics.models import HabitState


class StreakSerializer(serializers.Serializer[HabitState]):
    """The current streak of a habit."""

    days = serializers.IntegerField(source="streak", help_text="0 when there is none.")
    start = serializers.DateField(source="streak_start", allow_null=True, help_text="Its first day.")


class BestStreakSerializer(serializers.Serializer[HabitState]):
    """The longest streak of a habit."""

    days = serializers.IntegerField(source="best_streak", help_text="0 when there is none.")
    start = serializers.DateField(source="best_streak_start", allow_null=True, help_text="Its first day.")


class StatisticsSerializer(serializers.Serializer[HabitState]):
    """What a habit's records come to, as of its owner's local day."""

    as_of = serializers.DateField(help_text="The person's day for which this holds.")
    strength = serializers.FloatField(help_text="Habit strength, 0 to 1.")
    streak = StreakSerializer(source="*", help_text="The current streak; a day that is not over is not missed yet.")
    best_streak = BestStreakSerializer(source="*", help_text="The longest streak.")
    total = serializers.IntegerField(help_text="Days on which it was done.")
    done_today = serializers.BooleanField()
