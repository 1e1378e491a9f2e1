"""What a person was told."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from notifications.models import InboxItem


class InboxItemSerializer(serializers.ModelSerializer[InboxItem]):
    """A notification in the inbox."""

    data: Any = serializers.DictField(child=serializers.CharField(), read_only=True, help_text="As in a push.")

    class Meta:
        model = InboxItem
        fields = ("id", "kind", "title", "body", "data", "created_at", "read_at")
        read_only_fields = fields


class InboxQuerySerializer(serializers.Serializer[Any]):
    """The query of the inbox."""

    unread = serializers.BooleanField(required=False, default=False, help_text="Only what is not read yet.")


class ReadSerializer(serializers.Serializer[Any]):
    """Whether an item is read."""

    read = serializers.BooleanField()


class ReadUpToSerializer(serializers.Serializer[Any]):
    """Which items the person has been shown."""

    up_to = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="`id` of the newest item shown.")


class CountSerializer(serializers.Serializer[Any]):
    """How many."""

    count = serializers.IntegerField(min_value=0)
