"""What apps say of a delivery: that it has come, and that the person has opened it."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.views import APIView

from habits.views import PersonRequest
from notifications import services
from notifications.models import Delivery


class OwnDeliveryView(APIView):
    """What concerns one delivery to the person who asks; any other does not exist for them."""

    def delivery(self, request: PersonRequest, delivery_id: UUID) -> Delivery:
        """Give the delivery. Raises `Http404`."""
        return get_object_or_404(Delivery, pk=delivery_id, notification__user=request.user)


class ReceivedView(OwnDeliveryView):
    """That it has come."""

    @extend_schema(operation_id="notification_received", request=None, responses={204: None})
    def post(self, request: PersonRequest, delivery_id: UUID) -> Response:
        """Note that the app has got it; `delivery_id` is in the data of the push. The first time counts."""
        services.acknowledge_received(delivery=self.delivery(request, delivery_id))
        return Response(status=204)


class OpenedView(OwnDeliveryView):
    """That the person has opened it."""

    @extend_schema(operation_id="notification_opened", request=None, responses={204: None})
    def post(self, request: PersonRequest, delivery_id: UUID) -> Response:
        """Note that the person has opened it; in the inbox it is read then. The first time counts."""
        services.acknowledge_opened(delivery=self.delivery(request, delivery_id))
        return Response(status=204)
