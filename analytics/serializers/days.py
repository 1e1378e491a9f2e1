"""A person's open day, and the closed ones."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from .figures import FiguresSerializer, FocusTotalsSerializer, StreakSerializer


class HabitTodaySerializer(serializers.Serializer[Any]):
    """A habit on the day that is still open."""

    id = serializers.CharField()
    name = serializers.CharField()
    category = serializers.CharField()
    status = serializers.ChoiceField(
        choices=["open", "done", "skipped", "covered"],
        help_text="`covered`: nothing is asked for today, by its weekdays or by what was done before.",
    )
    current = serializers.FloatField(help_text="What was done in the period of the habit's frequency, in its unit.")
    target = serializers.FloatField(help_text="What it asks for in that period.")
    unit = serializers.CharField()
    strength = serializers.FloatField()
    streak = StreakSerializer()


class TodaySerializer(FiguresSerializer):
    """A person's open day."""

    day = serializers.DateField()
    open = serializers.IntegerField(help_text="Of those due; a day that is not over is not missed yet.")
    focus = FocusTotalsSerializer()
    habits = HabitTodaySerializer(many=True)


class StreakEventSerializer(serializers.Serializer[Any]):
    """A streak that broke or reached a milestone."""

    id = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=["broken", "milestone"])
    days = serializers.IntegerField(help_text="Days of the streak; of a broken one, those that it had had.")


class DaySerializer(FiguresSerializer):
    """A person's closed day."""

    day = serializers.DateField()
    missed = serializers.IntegerField(help_text="Of those due.")
    began_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField()
    neutral = serializers.BooleanField(help_text="Cut short or stretched by a change of the zone; no streak ended.")
    broken = serializers.IntegerField(help_text="Streaks of three days or more that ended.")
    first_at = serializers.DateTimeField(allow_null=True, help_text="The first tap of what was recorded of the day.")
    last_at = serializers.DateTimeField(allow_null=True)
    focus = FocusTotalsSerializer()
    categories = serializers.DictField(child=serializers.ListField(child=serializers.IntegerField()))
    streaks = StreakEventSerializer(many=True, help_text="Those that broke, and that reached a milestone.")


class DaysSerializer(serializers.Serializer[Any]):
    """Closed days; those on which nothing was asked for and nothing was done are left out."""

    days = DaySerializer(many=True)
