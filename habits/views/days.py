"""The recorded days of a habit."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from focusjobs.rest.conditional import IF_MATCH, IF_NONE_MATCH, ConditionalView, etag_of, seen_versions, wants_new
from habits import services
from habits.pagination import CompletionPages
from habits.selectors import RecordedDay, days_of, recorded, recorded_day
from habits.serializers import CompletionSerializer, DayRangeSerializer

from .requests import OwnHabitView, PersonRequest


class CompletionListView(ConditionalView, OwnHabitView):
    """The recorded days of one habit."""

    pagination_class = CompletionPages

    @extend_schema(
        operation_id="completions",
        parameters=[DayRangeSerializer],
        responses=CompletionSerializer(many=True),
    )
    def get(self, request: PersonRequest, client_id: str) -> Response:
        """List the recorded days from one day to another, the newest first."""
        days = DayRangeSerializer(data=request.query_params)
        days.is_valid(raise_exception=True)
        first, last = days.validated_data.get("from", date.min), days.validated_data.get("to", date.max)
        page: Any = self.paginate_queryset(days_of(self.habit(request, client_id), first, last))
        records: Any = [recorded(row) for row in page]
        return self.get_paginated_response(CompletionSerializer(records, many=True).data)


class CompletionView(ConditionalView, OwnHabitView):
    """What was recorded of one day. Its ETag is the version at which that was written, on whatever device."""

    @extend_schema(operation_id="completion", responses=CompletionSerializer)
    def get(self, request: PersonRequest, client_id: str, day: date) -> Response:
        """Give what was recorded of the day; 404 where that is nothing."""
        record = recorded_day(self.habit(request, client_id), day)
        if record is None:
            raise Http404
        return _answer(record)

    @extend_schema(
        operation_id="completion_put",
        parameters=[IF_MATCH, IF_NONE_MATCH],
        request=CompletionSerializer,
        responses={200: CompletionSerializer, 201: CompletionSerializer},
    )
    def put(self, request: PersonRequest, client_id: str, day: date) -> Response:
        """Record the day, in place of what was recorded before: 201 where that was nothing, else 200."""
        serializer = CompletionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        habit = self.habit(request, client_id)
        conditions: dict[str, Any] = {"seen": seen_versions(request), "only_new": wants_new(request)}
        record, created = services.record_completion(habit=habit, day=day, **conditions, **serializer.validated_data)
        return _answer(record, created)

    @extend_schema(operation_id="completion_delete", parameters=[IF_MATCH], responses={204: None})
    def delete(self, request: PersonRequest, client_id: str, day: date) -> Response:
        """Forget what was recorded of the day, if anything."""
        services.clear_completion(habit=self.habit(request, client_id), day=day, seen=seen_versions(request))
        return Response(status=204)


def _answer(record: RecordedDay, created: bool = False) -> Response:
    status = 201 if created else 200
    return Response(CompletionSerializer(record).data, status=status, headers={"ETag": etag_of(record.version)})
