"""Focus sessions."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from analytics.models import FocusSession
from habits.domain.limits import CLIENT_ID
from habits.serializers import DayRangeSerializer


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


class FocusQuerySerializer(DayRangeSerializer):
    """The query of the list of sessions: `from` and `to`, local days by which they began, and `habit`."""

    def get_fields(self) -> dict[str, serializers.Field]:
        """Give the fields, and say whose days they are."""
        days = "local day of the person, by the zone and start of day of `/me`, on which sessions began, included."
        return {
            "from": serializers.DateField(required=False, help_text=f"The first {days}"),
            "to": serializers.DateField(required=False, help_text=f"The last {days}"),
            "habit": serializers.RegexField(rf"^{CLIENT_ID}\Z", required=False, help_text="The `id` of a habit."),
        }
