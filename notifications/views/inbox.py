"""The list of notifications that the app shows."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import GenericAPIView, get_object_or_404
from rest_framework.response import Response
from rest_framework.views import APIView

from habits.views import PersonRequest
from notifications import services
from notifications.models import InboxItem
from notifications.pagination import InboxPages
from notifications.selectors.inbox import inbox_of, unread_of
from notifications.serializers import CountSerializer, InboxItemSerializer, ReadSerializer, ReadUpToSerializer


class InboxView(GenericAPIView[Any]):
    """The inbox of the person who asks."""

    serializer_class = InboxItemSerializer
    pagination_class = InboxPages

    @extend_schema(
        operation_id="inbox",
        parameters=[OpenApiParameter("unread", bool, description="Only what is not read yet.")],
        responses=InboxItemSerializer(many=True),
    )
    def get(self, request: PersonRequest) -> Response:
        """List what the person was told, the newest first, for as long as the server keeps it."""
        only_unread = request.query_params.get("unread", "").lower() in ("1", "true")
        page: Any = self.paginate_queryset(inbox_of(request.user, only_unread=only_unread))
        return self.get_paginated_response(InboxItemSerializer(page, many=True).data)


class InboxItemView(APIView):
    """One item."""

    @extend_schema(operation_id="inbox_item_update", request=ReadSerializer, responses=InboxItemSerializer)
    def patch(self, request: PersonRequest, number: int) -> Response:
        """Mark it as read, or as unread again."""
        item = get_object_or_404(InboxItem, pk=number, user=request.user)
        serializer = ReadSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        marked = services.mark_read(item=item, is_read=serializer.validated_data["read"])
        return Response(InboxItemSerializer(marked).data)


class InboxReadView(APIView):
    """All items at once."""

    @extend_schema(operation_id="inbox_read", request=ReadUpToSerializer, responses=CountSerializer)
    def post(self, request: PersonRequest) -> Response:
        """Mark everything up to an item as read; `count` is how many were not."""
        serializer = ReadUpToSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response({"count": services.mark_all_read(user=request.user, **serializer.validated_data)})


class InboxUnreadView(APIView):
    """How much is not read."""

    @extend_schema(operation_id="inbox_unread", responses=CountSerializer)
    def get(self, request: PersonRequest) -> Response:
        """Count what is not read, up to 100."""
        return Response({"count": unread_of(request.user)})
