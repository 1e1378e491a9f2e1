"""Amounts, as the REST interface takes and gives them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from habits.domain.limits import LARGEST
from habits.domain.records import THOUSANDTHS


@extend_schema_field({"type": "number", "minimum": 0, "maximum": LARGEST, "multipleOf": 0.001})
class ThousandthsField(serializers.Field[int, float, int | float, Any]):
    """An amount in units of its habit, with three decimals; an integer number of thousandths inside."""

    default_error_messages = {  # noqa: RUF012 - REST framework's way
        "invalid": "A number is required, such as 1 or 2.5.",
        "range": f"An amount is from 0 to {LARGEST:.0e}.",
        "decimals": "An amount has at most three decimals.",
    }

    def to_internal_value(self, data: Any) -> int:
        """Give the thousandths in a JSON number."""
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        if not 0 <= data <= LARGEST:
            self.fail("range")
        thousandths = Decimal(str(data)) * THOUSANDTHS
        if thousandths != int(thousandths):
            self.fail("decimals")
        return int(thousandths)

    def to_representation(self, value: int) -> int | float:
        """Give a JSON number, without decimals where there are none."""
        return value // THOUSANDTHS if value % THOUSANDTHS == 0 else value / THOUSANDTHS
