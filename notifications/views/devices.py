"""A person's phones and browsers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView

from focusjobs.rest.conditional import IF_MATCH, etag_of, seen_versions
from focusjobs.rest.idempotency import IDEMPOTENCY_KEY, key_of
from focusjobs.rest.listing import ListView
from habits.views import PersonRequest
from notifications import services
from notifications.models import Device
from notifications.pagination import DevicePages
from notifications.selectors.devices import devices_of
from notifications.selectors.versions import version_of
from notifications.selectors.ways import ways_to, web_push_key
from notifications.serializers import (
    DeviceChangeSerializer,
    DeviceQuerySerializer,
    DeviceSerializer,
    NewDeviceSerializer,
    TestSerializer,
    WaySerializer,
)
from notifications.transports import SubscriptionKeys

from .refusing import RefusingView


class DeviceRate(UserRateThrottle):
    """Limits registrations and tests; API_RATE_DEVICES, 30 a minute unless set."""

    scope = "devices"


class DeviceListView(ListView):
    """The devices of the person who asks."""

    serializer_class = DeviceSerializer
    pagination_class = DevicePages
    query_serializer = DeviceQuerySerializer

    def get_throttles(self) -> list[Any]:
        """Limit registrations more than reading."""
        return [DeviceRate()] if self.request.method == "POST" else super().get_throttles()

    @extend_schema(operation_id="devices", parameters=[DeviceQuerySerializer], responses=DeviceSerializer(many=True))
    def get(self, request: PersonRequest) -> Response:
        """List the devices that notifications go to, ten at most, the latest to be used first.

        With `state=retired`, those that get nothing more, with the reason.
        """
        return self.page(devices_of(request.user).filter(**self.query(request)))

    @extend_schema(
        operation_id="device_register",
        request=NewDeviceSerializer,
        responses={201: DeviceSerializer, 200: DeviceSerializer},
    )
    def post(self, request: PersonRequest) -> Response:
        """Register this device, at each start of the app: 201 if it is new, else 200.

        It is known by its address, so that a repetition makes nothing new. An address that was registered by somebody
        else on the same phone is theirs no more.
        """
        serializer = NewDeviceSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        keys = values.pop("keys", None)
        new = services.NewDevice(**values, keys=SubscriptionKeys(**keys) if keys else None)
        device, created = services.register_device(user=request.user, new=new)
        return _answer(device, 201 if created else 200)


class DeviceView(RefusingView):
    """One device."""

    @extend_schema(operation_id="device", responses=DeviceSerializer)
    def get(self, request: PersonRequest, number: int) -> Response:
        """Give the device, also where it gets nothing more."""
        return _answer(self._device(request, number))

    @extend_schema(
        operation_id="device_update",
        parameters=[IF_MATCH],
        request=DeviceChangeSerializer,
        responses=DeviceSerializer,
    )
    def patch(self, request: PersonRequest, number: int) -> Response:
        """Change what the app says of itself; another address is registered anew."""
        device = self._device(request, number)
        serializer = DeviceChangeSerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        changed = services.update_device(device=device, seen=seen_versions(request), **serializer.validated_data)
        return _answer(changed)

    @extend_schema(operation_id="device_remove", parameters=[IF_MATCH], responses={204: None})
    def delete(self, request: PersonRequest, number: int) -> Response:
        """Send nothing more to the device, as at a log-out; its address is forgotten."""
        services.remove_device(device=self._device(request, number), seen=seen_versions(request))
        return Response(status=204)

    @staticmethod
    def _device(request: PersonRequest, number: int) -> Device:
        return get_object_or_404(devices_of(request.user), pk=number)


class WayView(APIView):
    """What an app has to know before it registers."""

    @extend_schema(operation_id="push", responses=WaySerializer)
    def get(self, request: PersonRequest) -> Response:
        """Say which platforms can be reached, and the key with which browsers subscribe."""
        platforms = {platform: ways_to(platform) for platform in Device.Platform.values}
        return Response({"platforms": platforms, "web_push_key": web_push_key()})


class TestView(APIView):
    """A test notification."""

    throttle_classes = (DeviceRate,)

    @extend_schema(
        operation_id="notification_test",
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={202: TestSerializer, 400: None},
    )
    def post(self, request: PersonRequest) -> Response:
        """Send a test to all devices of the person, at once.

        A repetition with the same `Idempotency-Key` sends no other.
        """
        notification = services.send_test(user=request.user, key=key_of(request))
        return Response({"notification_id": notification.pk}, status=202)


def _answer(device: Device, status: int = 200) -> Response:
    return Response(DeviceSerializer(device).data, status=status, headers={"ETag": etag_of(version_of(device))})
