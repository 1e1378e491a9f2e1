"""The recorded days of a habit."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from focusjobs.rest.conditional import ConditionalView
from habits import services
from habits.pagination import CompletionPages
from habits.selectors import days_of, recorded, recorded_day
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
    """What was recorded of one day."""

    @extend_schema(operation_id="completion", responses=CompletionSerializer)
    def get(self, request: PersonRequest, client_id: str, day: date) -> Response:
        """Give what was recorded of the day; 404 where that is nothing."""
        record = recorded_day(self.habit(request, client_id), day)
        if record is None:
            raise Http404
        return Response(CompletionSerializer(record).data)

    @extend_schema(
        operation_id="completion_put",
        request=CompletionSerializer,
        responses={200: CompletionSerializer, 201: CompletionSerializer},
    )
    def put(self, request: PersonRequest, client_id: str, day: date) -> Response:
        """Record the day, in place of what was recorded before: 201 where that was nothing, else 200."""
        serializer = CompletionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        habit = self.habit(request, client_id)
        completion, created = services.record_completion(habit=habit, day=day, **serializer.validated_data)
        return Response(CompletionSerializer(completion).data, status=201 if created else 200)

    @extend_schema(operation_id="completion_delete", responses={204: None})
    def delete(self, request: PersonRequest, client_id: str, day: date) -> Response:
        """Forget what was recorded of the day, if anything."""
        services.clear_completion(habit=self.habit(request, client_id), day=day)
        return Response(status=204)
