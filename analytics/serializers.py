"""What the REST interface of the analytics app takes and gives."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from rest_framework import serializers

from analytics.models import FocusSession
from habits.domain.limits import CLIENT_ID

LONGEST = 731
"""Days that one answer covers at most."""

RATE = "What was done of what was due and not skipped, 0 to 1; null where nothing was asked for."


class StreakSerializer(serializers.Serializer[Any]):
    """A streak."""

    days = serializers.IntegerField(help_text="0 when there is none.")
    start = serializers.DateField(allow_null=True, help_text="Its first day.")


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


class FiguresSerializer(serializers.Serializer[Any]):
    """A person's habits on a day."""

    due = serializers.IntegerField(help_text="Habits that asked for something.")
    done = serializers.IntegerField(help_text="Of those due.")
    skipped = serializers.IntegerField(help_text="Of those due.")
    extra = serializers.IntegerField(help_text="Done without being due.")
    rate = serializers.FloatField(allow_null=True, help_text=RATE)
    perfect = serializers.BooleanField(help_text="All that was due was done or skipped, and something done.")
    strength = serializers.FloatField(allow_null=True, help_text="Mean strength of the habits.")


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


class FocusTotalsSerializer(serializers.Serializer[Any]):
    """Focus sessions that began in a stretch of time."""

    seconds = serializers.IntegerField()
    sessions = serializers.IntegerField()
    longest = serializers.IntegerField(help_text="Seconds of the longest one.")


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


class RangeSerializer(serializers.Serializer[Any]):
    """The query of a list: `from` and `to`, both included; otherwise the latest that are over."""

    def get_fields(self) -> dict[str, serializers.Field]:
        """Give the fields; one of them has a name that Python keeps for itself."""
        return {
            "from": serializers.DateField(required=False, help_text=f"At most {LONGEST} days before `to`."),
            "to": serializers.DateField(required=False),
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Fill in what is missing by the context's `last` day and `span`, and refuse a range that makes no sense."""
        last = attrs.get("to", self.context["last"])
        first = attrs.get("from", last - min(self.context["span"], last - date.min))
        if first > last:
            raise serializers.ValidationError({"to": f"The last day, {last}, is before the first."})
        if last - first >= timedelta(days=LONGEST):
            raise serializers.ValidationError({"from": f"At most {LONGEST} days can be asked for at once."})
        return {"first": first, "last": last}


class FocusSessionSerializer(serializers.ModelSerializer[FocusSession]):
    """A focus session; putting one replaces it as a whole."""

    id = serializers.CharField(source="client_id", read_only=True)
    habit = serializers.RegexField(
        rf"^{CLIENT_ID}\Z", required=False, allow_null=True, default=None, help_text="The `id` of a habit."
    )
    started_at = serializers.DateTimeField()
    seconds = serializers.IntegerField(min_value=1, max_value=86_400)

    class Meta:
        model = FocusSession
        fields = ("id", "started_at", "seconds", "habit", "label")
        extra_kwargs = {"label": {"default": ""}}  # noqa: RUF012 - REST framework's way

    def to_representation(self, instance: FocusSession) -> dict[str, Any]:
        """Give the session with its habit's `id`."""
        return {
            "id": instance.client_id,
            "started_at": serializers.DateTimeField().to_representation(instance.started_at),
            "seconds": instance.seconds,
            "habit": instance.habit.client_id if instance.habit else None,
            "label": instance.label,
        }
