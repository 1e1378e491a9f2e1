"""The file of all that is kept about a person."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class ExportSerializer(serializers.Serializer[Any]):
    """The file of all that is kept about a person."""

    job = serializers.IntegerField(allow_null=True, help_text="The job that makes it: `/jobs/{id}`.")
    state = serializers.ChoiceField(("making", "ready", "failed"))
    requested_at = serializers.DateTimeField()
    made_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True, help_text="When the file is deleted.")
    size = serializers.IntegerField(allow_null=True, help_text="Bytes.")
    file = serializers.URLField(allow_null=True, help_text="Where it is; null until it is made.")
