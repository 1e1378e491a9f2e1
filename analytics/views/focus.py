"""Focus sessions, which phones record when they have ended."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from analytics import services
from analytics.models import FocusSession
from analytics.selectors import sessions_of, version_of
from analytics.serializers import FocusQuerySerializer, FocusSessionSerializer
from focusjobs.rest.conditional import IF_MATCH, IF_NONE_MATCH, ConditionalView, etag_of, seen_versions, wants_new
from focusjobs.rest.listing import ListView
from focusjobs.rest.pagination import CursorPages, read_instant
from habits.selectors import habits_of
from habits.views import CarefulView, PersonRequest


class FocusPages(CursorPages):
    """Sessions, the newest first."""

    ordering = ("-started_at", "-id")
    parse_position = staticmethod(read_instant)


class FocusListView(ListView):
    """The focus sessions of the person who asks."""

    serializer_class = FocusSessionSerializer
    pagination_class = FocusPages
    query_serializer = FocusQuerySerializer

    @extend_schema(
        operation_id="focus_sessions",
        parameters=[FocusQuerySerializer],
        responses=FocusSessionSerializer(many=True),
    )
    def get(self, request: PersonRequest) -> Response:
        """List the sessions that began on the person's local days from one to another, the newest first."""
        query = self.query(request)
        return self.page(sessions_of(request.user, query.get("from"), query.get("to"), query.get("habit")))


class FocusView(ConditionalView, CarefulView):
    """One focus session. It has another ETag once it was changed."""

    @extend_schema(operation_id="focus_session", responses=FocusSessionSerializer)
    def get(self, request: PersonRequest, client_id: str) -> Response:
        """Give the session."""
        return _answer(get_object_or_404(sessions_of(request.user), client_id=client_id))

    @extend_schema(
        operation_id="focus_session_put",
        parameters=[IF_MATCH, IF_NONE_MATCH],
        request=FocusSessionSerializer,
        responses={200: FocusSessionSerializer, 201: FocusSessionSerializer},
    )
    def put(self, request: PersonRequest, client_id: str) -> Response:
        """Record a session that has ended, in place of what its `id` stood for: 201 where that was nothing."""
        serializer = FocusSessionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        if values["habit"]:
            values["habit"] = get_object_or_404(habits_of(request.user), client_id=values["habit"])
        conditions: dict[str, Any] = {"seen": seen_versions(request), "only_new": wants_new(request)}
        session, created = services.record_focus(user=request.user, client_id=client_id, **conditions, **values)
        return _answer(session, created)

    @extend_schema(operation_id="focus_session_delete", parameters=[IF_MATCH], responses={204: None})
    def delete(self, request: PersonRequest, client_id: str) -> Response:
        """Forget the session, if there is one."""
        services.forget_focus(user=request.user, client_id=client_id, seen=seen_versions(request))
        return Response(status=204)


def _answer(session: FocusSession, created: bool = False) -> Response:
    status = 201 if created else 200
    headers = {"ETag": etag_of(version_of(session))}
    return Response(FocusSessionSerializer(session).data, status=status, headers=headers)
