"""Focus sessions, which phones record when they have ended."""

from __future__ import annotations

from datetime import datetime

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics import services
from analytics.models import FocusSession
from analytics.serializers import FocusSessionSerializer
from focusjobs.rest.pagination import CursorPages
from habits.models import Habit
from habits.selectors import habits_of
from habits.views import PersonRequest


class FocusPages(CursorPages):
    """Sessions, the newest first."""

    ordering = ("-started_at", "-id")
    parse_position = datetime.fromisoformat


class FocusListView(GenericAPIView[FocusSession]):
    """The focus sessions of the person who asks."""

    serializer_class = FocusSessionSerializer
    pagination_class = FocusPages

    @extend_schema(operation_id="focus_sessions", responses=FocusSessionSerializer(many=True))
    def get(self, request: PersonRequest) -> Response:
        """List the sessions, the newest first."""
        sessions = FocusSession.objects.filter(user=request.user).select_related("habit")
        return self.get_paginated_response(FocusSessionSerializer(self.paginate_queryset(sessions), many=True).data)


class FocusView(APIView):
    """One focus session."""

    @extend_schema(operation_id="focus_session", responses=FocusSessionSerializer)
    def get(self, request: PersonRequest, client_id: str) -> Response:
        """Give the session."""
        session = get_object_or_404(FocusSession, user=request.user, client_id=client_id)
        return Response(FocusSessionSerializer(session).data)

    @extend_schema(
        operation_id="focus_session_put",
        request=FocusSessionSerializer,
        responses={200: FocusSessionSerializer, 201: FocusSessionSerializer},
    )
    def put(self, request: PersonRequest, client_id: str) -> Response:
        """Record a session that has ended, in place of what its `id` stood for: 201 where that was nothing."""
        serializer = FocusSessionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        fields = serializer.validated_data
        habit: Habit | None = None
        if fields["habit"]:
            habit = get_object_or_404(habits_of(request.user), client_id=fields["habit"])
        session, created = services.record_focus(
            user=request.user,
            client_id=client_id,
            started_at=fields["started_at"],
            seconds=fields["seconds"],
            habit=habit,
            label=fields["label"],
        )
        return Response(FocusSessionSerializer(session).data, status=201 if created else 200)

    @extend_schema(operation_id="focus_session_delete", responses={204: None})
    def delete(self, request: PersonRequest, client_id: str) -> Response:
        """Forget the session, if there is one."""
        services.forget_focus(user=request.user, client_id=client_id)
        return Response(status=204)
