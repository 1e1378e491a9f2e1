"""What was recorded of days."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from habits.domain.limits import LONGEST_TEXT
from habits.selectors import RecordedDay

from .amounts import ThousandthsField


class CompletionSerializer(serializers.Serializer[RecordedDay]):
    """What was recorded of a day, by all devices together. Putting it replaces the day's record as a whole."""

    day = serializers.DateField(read_only=True)
    value = ThousandthsField(required=False, allow_null=True, default=None, help_text="1 is a tick, 0 is “not done”.")
    skipped = serializers.BooleanField(default=False, help_text="Excused: neither done nor missed.")
    note = serializers.CharField(default="", allow_blank=True, max_length=LONGEST_TEXT)
    source = serializers.CharField(  # type: ignore[assignment]  # a field of that name is meant
        read_only=True, help_text="Which way it came in: app, import or admin."
    )
    updated_at = serializers.DateTimeField(read_only=True)


class DayRangeSerializer(serializers.Serializer[Any]):
    """The query of a list of days: `from` and `to`, both included and both optional."""

    def get_fields(self) -> dict[str, serializers.Field]:
        """Give the fields; one of them has a name that Python keeps for itself."""
        return {
            "from": serializers.DateField(required=False, help_text="The first day; otherwise all days before `to`."),
            "to": serializers.DateField(required=False, help_text="The last day; otherwise all days after `from`."),
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a range that ends before it begins."""
        if "from" in attrs and "to" in attrs and attrs["from"] > attrs["to"]:
            raise serializers.ValidationError({"to": "The last day is before the first."})
        return attrs
