"""A person's weeks and months, and the report of a week."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from .figures import RATE, FocusTotalsSerializer


class ChangeSerializer(serializers.Serializer[Any]):
    """A habit whose strength changed."""

    id = serializers.CharField()
    name = serializers.CharField()
    change = serializers.FloatField(help_text="Strength gained or lost.")


class BestStreakSerializer(serializers.Serializer[Any]):
    """The longest streak, of three days or more, that was alive when the period ended."""

    id = serializers.CharField()
    name = serializers.CharField()
    days = serializers.IntegerField()


class PeriodSerializer(serializers.Serializer[Any]):
    """A person's week or month that is over."""

    first_day = serializers.DateField()
    last_day = serializers.DateField()
    days = serializers.IntegerField(help_text="Days of which there are statistics.")
    due = serializers.IntegerField()
    done = serializers.IntegerField()
    skipped = serializers.IntegerField()
    missed = serializers.IntegerField()
    extra = serializers.IntegerField()
    rate = serializers.FloatField(allow_null=True, help_text=RATE)
    perfect_days = serializers.IntegerField()
    broken = serializers.IntegerField()
    strength = serializers.FloatField(allow_null=True)
    focus = FocusTotalsSerializer()
    best_day = serializers.DateField(allow_null=True)
    worst_day = serializers.DateField(allow_null=True)
    best_weekday = serializers.IntegerField(allow_null=True, help_text="Of the latest 28 days; 0 is Monday.")
    best_hour = serializers.IntegerField(allow_null=True, help_text="Local hour with most taps in those days.")
    best_streak = BestStreakSerializer(allow_null=True)
    top = ChangeSerializer(allow_null=True, help_text="The habit whose strength rose most.")
    slipping = ChangeSerializer(allow_null=True, help_text="The habit whose strength fell most.")
    categories = serializers.DictField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="By category: how many were due, done and skipped.",
    )


class WeeksSerializer(serializers.Serializer[Any]):
    """Weeks that are over."""

    weeks = PeriodSerializer(many=True)


class MonthsSerializer(serializers.Serializer[Any]):
    """Months that are over."""

    months = PeriodSerializer(many=True)


class WeeklyReportSerializer(serializers.Serializer[Any]):
    """The report of a week, in the person's language."""

    week = PeriodSerializer()
    previous_rate = serializers.FloatField(allow_null=True, help_text="The rate of the week before.")
    title = serializers.CharField()
    text = serializers.CharField(help_text="Paragraphs, separated by empty lines.")
    html = serializers.CharField(help_text="A part of an e-mail, without scripts or addresses of other servers.")
    svg = serializers.CharField(help_text="The days of the week as a chart.")


class WeekQuerySerializer(serializers.Serializer[Any]):
    """Which week a report is about."""

    day = serializers.DateField(required=False, help_text="A day of the week; otherwise the latest that is over.")
