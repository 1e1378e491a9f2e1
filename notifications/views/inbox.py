"""The list of notifications that the app shows."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.views import APIView

from focusjobs.rest.conditional import ConditionalView
from focusjobs.rest.listing import ListView
from habits.views import PersonRequest
from notifications import services
from notifications.models import InboxItem
from notifications.pagination import InboxPages
from notifications.selectors.inbox import inbox_of, unread_of
from notifications.serializers import (
    CountSerializer,
    InboxItemSerializer,
    InboxQuerySerializer,
    ReadSerializer,
    ReadUpToSerializer,
)


class InboxView(ListView):
    """The inbox of the person who asks."""

    serializer_class = InboxItemSerializer
    pagination_class = InboxPages
    query_serializer = InboxQuerySerializer

    @extend_schema(operation_id="inbox", parameters=[InboxQuerySerializer], responses=InboxItemSerializer(many=True))
    def get(self, request: PersonRequest) -> Response:
        """List what the person was told, the newest first, for as long as the server keeps it."""
        return self.page(inbox_of(request.user, only_unread=self.query(request)["unread"]))


class InboxItemView(ConditionalView):
    """One item."""

    @extend_schema(operation_id="inbox_item", responses=InboxItemSerializer)
    def get(self, request: PersonRequest, number: int) -> Response:
        """Give the item."""
        return Response(InboxItemSerializer(self._item(request, number)).data)

    @extend_schema(operation_id="inbox_item_update", request=ReadSerializer, responses=InboxItemSerializer)
    def patch(self, request: PersonRequest, number: int) -> Response:
        """Mark it as read, or as unread again."""
        item = self._item(request, number)
        serializer = ReadSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        marked = services.mark_read(item=item, is_read=serializer.validated_data["read"])
        return Response(InboxItemSerializer(marked).data)

    @extend_schema(operation_id="inbox_item_delete", responses={204: None})
    def delete(self, request: PersonRequest, number: int) -> Response:
        """Remove it; it is not told again."""
        services.remove_item(item=self._item(request, number))
        return Response(status=204)

    @staticmethod
    def _item(request: PersonRequest, number: int) -> InboxItem:
        return get_object_or_404(inbox_of(request.user), pk=number)


class InboxReadView(APIView):
    """All items at once."""

    @extend_schema(operation_id="inbox_read", request=ReadUpToSerializer, responses=CountSerializer)
    def post(self, request: PersonRequest) -> Response:
        """Mark everything up to an item as read; `count` is how many were not."""
        serializer = ReadUpToSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response({"count": services.mark_all_read(user=request.user, **serializer.validated_data)})


class InboxUnreadView(ConditionalView):
    """How much is not read."""

    @extend_schema(operation_id="inbox_unread", responses=CountSerializer)
    def get(self, request: PersonRequest) -> Response:
        """Count what is not read, up to 100."""
        return Response({"count": unread_of(request.user)})
