"""Habits."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from habits.domain.limits import CLIENT_ID, LARGEST
from habits.models import Habit


class HabitSerializer(serializers.ModelSerializer[Habit]):
    """A habit as the phone knows it: its `id` is the one that a phone made."""

    id = serializers.CharField(source="client_id", read_only=True)
    color = serializers.RegexField(
        r"^#[0-9a-fA-F]{6}\Z",
        required=False,
        allow_blank=True,
        help_text="As #rrggbb.",
        error_messages={"invalid": "A colour is written as #rrggbb."},
    )
    archived = serializers.BooleanField(required=False)

    class Meta:
        model = Habit
        fields = (
            *("id", "name", "question", "notes", "category", "color", "kind"),
            *("freq_num", "freq_den", "weekdays", "target_type", "target_value", "unit"),
            *("reminder_time", "reminder_weekdays", "position", "archived", "created_at", "updated_at"),
        )
        read_only_fields = ("created_at", "updated_at")
        extra_kwargs = {  # noqa: RUF012 - REST framework's way
            "target_value": {"max_value": LARGEST},
            "position": {"min_value": -LARGEST, "max_value": LARGEST},
        }


class NewHabitSerializer(HabitSerializer):
    """A habit that a phone makes, with an `id` of its own choice so that it can repeat the request."""

    id = serializers.RegexField(
        rf"^{CLIENT_ID}\Z",
        source="client_id",
        required=False,
        help_text="Chosen by the phone, such as a UUID.",
        error_messages={"invalid": "An id has 1 to 64 letters, digits or any of _ . -"},
    )


class HabitQuerySerializer(serializers.Serializer[Any]):
    """The query of the list of habits."""

    archived = serializers.BooleanField(required=False, help_text="Only archived ones, or only the others.")
    category = serializers.CharField(required=False, allow_blank=True, max_length=100, help_text="Only those in it.")
    updated_since = serializers.DateTimeField(required=False, help_text="Only those that changed then or later.")

    def lookups(self) -> dict[str, Any]:
        """Give the filter of what is valid."""
        names = {"category": "category", "updated_since": "updated_at__gte"}
        found = {names[name]: value for name, value in self.validated_data.items() if name in names}
        if "archived" in self.initial_data:
            found["archived_at__isnull"] = not self.validated_data["archived"]
        return found
