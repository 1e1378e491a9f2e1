"""A person's phones and browsers, and the ways to them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from notifications.models import Device

from .zones import ZoneField

LONGEST_ADDRESS = 2000


class KeysSerializer(serializers.Serializer[Any]):
    """The keys of a browser's subscription, in base64url."""

    p256dh = serializers.CharField(max_length=200)
    auth = serializers.CharField(max_length=100)


class DeviceChangeSerializer(serializers.Serializer[Any]):
    """What can change of a device while its address stays."""

    locale = serializers.CharField(max_length=35, required=False, allow_blank=True, help_text="Such as de-AT.")
    timezone = ZoneField(help_text="Where the phone is; kept for support only.")
    app_version = serializers.CharField(max_length=40, required=False, allow_blank=True)


class NewDeviceSerializer(DeviceChangeSerializer):
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


class DeviceQuerySerializer(serializers.Serializer[Any]):
    """The query of the list of devices."""

    state = serializers.ChoiceField(
        choices=Device.State.choices, default=Device.State.ACTIVE, help_text="`retired`: those that get nothing more."
    )
    platform = serializers.ChoiceField(choices=Device.Platform.choices, required=False)


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
