"""Time zones."""

from __future__ import annotations

from rest_framework import serializers

from habits.models import validate_timezone


class ZoneField(serializers.CharField):
    """An IANA time zone such as Europe/Berlin, or nothing."""

    def __init__(self, *, help_text: str) -> None:
        super().__init__(max_length=64, required=False, allow_blank=True, validators=[_validate], help_text=help_text)


def _validate(value: str) -> None:
    if value:
        validate_timezone(value)
