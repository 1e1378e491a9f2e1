"""A person's phones and browsers."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView

from habits.views import PersonRequest
from notifications import services
from notifications.models import Device
from notifications.selectors.people import devices_of
from notifications.selectors.ways import web_push_key
from notifications.serializers import DeviceSerializer, NewDeviceSerializer, TestSerializer, WaySerializer
from notifications.transports import SubscriptionKeys


class DeviceRate(UserRateThrottle):
    """Limits registrations and tests; API_RATE_DEVICES, 30 a minute unless set."""

    scope = "devices"


class DeviceListView(APIView):
    """The devices of the person who asks."""

    throttle_classes = (DeviceRate,)

    @extend_schema(operation_id="devices", responses=DeviceSerializer(many=True))
    def get(self, request: PersonRequest) -> Response:
        """List the devices that notifications go to, the latest to be used first; there are ten at most."""
        return Response(DeviceSerializer(devices_of(request.user), many=True).data)

    @extend_schema(
        operation_id="device_register",
        request=NewDeviceSerializer,
        responses={201: DeviceSerializer, 200: DeviceSerializer},
    )
    def post(self, request: PersonRequest) -> Response:
        """Register this device, at each start of the app: 201 if it is new, else 200.

        An address that was registered by somebody else on the same phone is theirs no more.
        """
        serializer = NewDeviceSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        keys = values.pop("keys", None)
        new = services.NewDevice(**values, keys=SubscriptionKeys(**keys) if keys else None)
        device, created = services.register_device(user=request.user, new=new)
        return Response(DeviceSerializer(device).data, status=201 if created else 200)


class DeviceView(APIView):
    """One device."""

    @extend_schema(operation_id="device_remove", responses={204: None})
    def delete(self, request: PersonRequest, number: int) -> Response:
        """Send nothing more to the device, as at a log-out; its address is forgotten."""
        device = get_object_or_404(Device, pk=number, user=request.user)
        services.remove_device(device=device)
        return Response(status=204)


class WayView(APIView):
    """What an app has to know before it registers."""

    @extend_schema(operation_id="push", responses=WaySerializer)
    def get(self, request: PersonRequest) -> Response:
        """Say which platforms can be reached, and the key with which browsers subscribe."""
        platforms = {platform: services.ways_to(platform) for platform in Device.Platform.values}
        return Response({"platforms": platforms, "web_push_key": web_push_key(platforms[Device.Platform.WEB])})


class TestView(APIView):
    """A test notification."""

    throttle_classes = (DeviceRate,)

    @extend_schema(operation_id="notification_test", request=None, responses={202: TestSerializer})
    def post(self, request: PersonRequest) -> Response:
        """Send a test to all devices of the person, at once."""
        notification = services.send_test(user=request.user)
        return Response({"notification_id": notification.pk}, status=202)
