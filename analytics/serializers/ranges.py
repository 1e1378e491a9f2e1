"""From which day to which one a list is asked for."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from rest_framework import serializers

LONGEST = 731
"""Days that one answer covers at most."""


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
