"""What the REST interface of the notifications app takes and gives."""

from __future__ import annotations

from typing import Any

from django.db import models
from rest_framework import serializers

from habits.models import EVERY_DAY, validate_timezone
from notifications.domain.choice import Choice
from notifications.models import Device, InboxItem, Reminder

LONGEST_ADDRESS = 2000

ANY = "all"
"""In addresses and answers: every kind, or every channel."""


class KeysSerializer(serializers.Serializer[Any]):
    """The keys of a browser's subscription, in base64url."""

    p256dh = serializers.CharField(max_length=200)
    auth = serializers.CharField(max_length=100)


class NewDeviceSerializer(serializers.Serializer[Any]):
    """What an app says at each of its starts."""

    platform = serializers.ChoiceField(choices=Device.Platform.choices)
    address = serializers.CharField(
        max_length=LONGEST_ADDRESS,
        write_only=True,
        help_text="Registration token, Firebase installation id, APNs device token, or a subscription's endpoint.",
    )
    keys = KeysSerializer(required=False, write_only=True, help_text="Of a browser's subscription.")
    transport = serializers.CharField(
        max_length=32, required=False, help_text="Where the server knows several ways to the platform."
    )
    app = serializers.CharField(max_length=200, required=False, allow_blank=True, help_text="Bundle id or package.")
    sandbox = serializers.BooleanField(default=False, help_text="APNs: a token of the development environment.")
    address_kind = serializers.ChoiceField(choices=["token", "fid"], default="token")
    locale = serializers.CharField(max_length=35, required=False, allow_blank=True, help_text="Such as de-AT.")
    timezone = serializers.CharField(
        max_length=64, required=False, allow_blank=True, help_text="Where the phone is; kept for support only."
    )
    app_version = serializers.CharField(max_length=40, required=False, allow_blank=True)

    def validate_timezone(self, value: str) -> str:
        """Refuse what is no time zone."""
        if value:
            validate_timezone(value)
        return value


class DeviceSerializer(serializers.ModelSerializer[Device]):
    """A device as its person sees it; never its address."""

    retired_reason = serializers.ChoiceField(
        choices=Device.Reason.choices, allow_blank=True, read_only=True, help_text="Empty while it is in use."
    )

    class Meta:
        model = Device
        fields = (
            *("id", "platform", "transport", "app", "locale", "app_version", "state", "retired_reason"),
            *("registered_at", "last_seen_at"),
        )
        read_only_fields = fields


class ReminderSerializer(serializers.ModelSerializer[Reminder]):
    """When a person is reminded."""

    habit: Any = serializers.SlugRelatedField(slug_field="client_id", read_only=True, help_text="`id` of the habit.")
    local_time = serializers.TimeField(format="%H:%M")
    weekdays = serializers.IntegerField(
        min_value=1, max_value=EVERY_DAY, required=False, help_text="Of the local date; bit 0 is Monday."
    )
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

    def validate_timezone(self, value: str) -> str:
        """Refuse what is no time zone."""
        if value:
            validate_timezone(value)
        return value


class NewReminderSerializer(ReminderSerializer):
    """A reminder to be added."""

    kind = serializers.ChoiceField(choices=Reminder.Kind.choices, help_text="`habit` or `routine`.")
    habit = serializers.CharField(required=False, max_length=64, help_text="`id` of the habit.")

    class Meta(ReminderSerializer.Meta):
        read_only_fields: tuple[str, ...] = ("id", "origin", "snooze_until")


class SnoozeSerializer(serializers.Serializer[Any]):
    """For how long."""

    minutes = serializers.IntegerField(min_value=1, max_value=720)


class ChoiceSerializer(serializers.Serializer[Any]):
    """What holds for a kind and a channel. In a request null settles nothing, so that what is more general holds."""

    enabled = serializers.BooleanField(required=False, allow_null=True)
    quiet_from = serializers.TimeField(
        required=False, allow_null=True, format="%H:%M", help_text="Local time from which nothing is pushed …"
    )
    quiet_to = serializers.TimeField(required=False, allow_null=True, format="%H:%M", help_text="… until this one.")
    max_per_day = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=1000)
    digest = serializers.BooleanField(
        required=False, allow_null=True, help_text="Tell of several habits of one moment in one notification."
    )
    muted_until = serializers.DateTimeField(required=False, allow_null=True)
    private = serializers.BooleanField(
        required=False, allow_null=True, help_text="Show nothing about habits on a locked screen."
    )


class PreferenceSerializer(ChoiceSerializer):
    """What holds for one kind and channel, whichever rule settles it."""

    kind = serializers.CharField(read_only=True)
    channel = serializers.CharField(read_only=True)


def preference(kind: str, channel: str, choice: Choice) -> dict[str, Any]:
    """Give what holds as `PreferenceSerializer` shows it."""
    return {
        "kind": kind or ANY,
        "channel": channel or ANY,
        "enabled": choice.enabled,
        "quiet_from": choice.quiet.begin if choice.quiet else None,
        "quiet_to": choice.quiet.end if choice.quiet else None,
        "max_per_day": choice.max_per_day,
        "digest": choice.digest,
        "muted_until": choice.muted_until,
        "private": choice.private,
    }


class InboxItemSerializer(serializers.ModelSerializer[InboxItem]):
    """A notification in the inbox."""

    data: Any = serializers.DictField(child=serializers.CharField(), read_only=True, help_text="As in a push.")

    class Meta:
        model = InboxItem
        fields = ("id", "kind", "title", "body", "data", "created_at", "read_at")
        read_only_fields = fields


class ReadSerializer(serializers.Serializer[Any]):
    """Whether an item is read."""

    read = serializers.BooleanField()


class ReadUpToSerializer(serializers.Serializer[Any]):
    """Which items the person has been shown."""

    up_to = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="`id` of the newest item shown.")


class CountSerializer(serializers.Serializer[Any]):
    """How many."""

    count = serializers.IntegerField(min_value=0)


class WaySerializer(serializers.Serializer[Any]):
    """What an app has to know before it registers."""

    platforms = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="By platform the transports that reach it, the best first; empty where the server has none.",
    )
    web_push_key = serializers.CharField(allow_null=True, help_text="`applicationServerKey` for browsers.")


class TestSerializer(serializers.Serializer[Any]):
    """A test that is on its way."""

    notification_id = serializers.IntegerField()


def words_of(texts: type[models.TextChoices]) -> list[str]:
    """Give the words by which kinds and channels are named in addresses."""
    return [value or ANY for value in texts.values]
