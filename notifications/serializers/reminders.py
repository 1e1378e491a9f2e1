"""When a person is reminded."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from habits.models import EVERY_DAY
from notifications.models import Reminder

from .zones import ZoneField


class ReminderSerializer(serializers.ModelSerializer[Reminder]):
    """When a person is reminded."""

    habit: Any = serializers.SlugRelatedField(slug_field="client_id", read_only=True, help_text="`id` of the habit.")
    local_time = serializers.TimeField(format="%H:%M")
    weekdays = serializers.IntegerField(
        min_value=1, max_value=EVERY_DAY, required=False, help_text="Of the local date; bit 0 is Monday."
    )
    timezone = ZoneField(help_text="A fixed zone; empty to follow the person.")
    next_at = serializers.DateTimeField(
        source="next_fire_at", read_only=True, allow_null=True, help_text="Null while it is silent."
    )

    class Meta:
        model = Reminder
        fields = (
            *("id", "kind", "origin", "habit", "label", "category", "local_time", "weekdays", "timezone", "enabled"),
            *("next_at", "snooze_until"),
        )
        read_only_fields: tuple[str, ...] = ("id", "kind", "origin", "snooze_until")
        validators = ()  # what is unique is for the services to see to


class NewReminderSerializer(ReminderSerializer):
    """A reminder to be added."""

    kind = serializers.ChoiceField(choices=Reminder.Kind.choices, help_text="`habit` or `routine`.")
    habit = serializers.CharField(required=False, max_length=64, help_text="`id` of the habit.")

    class Meta(ReminderSerializer.Meta):
        read_only_fields: tuple[str, ...] = ("id", "origin", "snooze_until")


class ReminderQuerySerializer(serializers.Serializer[Any]):
    """The query of the list of reminders."""

    kind = serializers.ChoiceField(choices=Reminder.Kind.choices, required=False)
    habit = serializers.CharField(
        source="habit__client_id", required=False, max_length=64, help_text="`id` of the habit that they remind of."
    )
    enabled = serializers.BooleanField(required=False, help_text="Only those that are on, or only the others.")


class SnoozeSerializer(serializers.Serializer[Any]):
    """For how long."""

    minutes = serializers.IntegerField(min_value=1, max_value=720)
