"""A person's habits."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response
from rest_framework.views import APIView

from focusjobs.rest.conditional import IF_MATCH, IF_NONE_MATCH, ConditionalView, etag_of, seen_versions, wants_new
from habits import services
from habits.models import Habit
from habits.pagination import HabitPages
from habits.selectors import habits_of
from habits.serializers import HabitQuerySerializer, HabitSerializer, NewHabitSerializer

from .requests import OwnHabitView, PersonRequest


class HabitListView(ConditionalView, GenericAPIView[Habit]):
    """The habits of the person who asks."""

    serializer_class = HabitSerializer
    pagination_class = HabitPages

    @extend_schema(operation_id="habits", parameters=[HabitQuerySerializer], responses=HabitSerializer(many=True))
    def get(self, request: PersonRequest) -> Response:
        """List the habits in their order, archived ones too unless the query says otherwise."""
        query = HabitQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        page = self.paginate_queryset(habits_of(request.user).filter(**query.lookups()))
        return self.get_paginated_response(HabitSerializer(page, many=True).data)

    @extend_schema(
        operation_id="habit_create",
        request=NewHabitSerializer,
        responses={201: HabitSerializer, 200: HabitSerializer},
    )
    def post(self, request: PersonRequest) -> Response:
        """Make a habit: 201. Where the `id` is known already, nothing changes and its habit is given: 200."""
        serializer = NewHabitSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        habit, created = services.create_habit(user=request.user, **serializer.validated_data)
        return _answer(habit, created)


class HabitView(ConditionalView, OwnHabitView):
    """One habit. Its ETag is its version, which every change on whatever device raises."""

    @extend_schema(operation_id="habit", responses=HabitSerializer)
    def get(self, request: PersonRequest, client_id: str) -> Response:
        """Give the habit; 304 where it is still the one of `If-None-Match`."""
        return _answer(self.habit(request, client_id))

    @extend_schema(
        operation_id="habit_put",
        parameters=[IF_MATCH, IF_NONE_MATCH],
        request=HabitSerializer,
        responses={200: HabitSerializer, 201: HabitSerializer},
    )
    def put(self, request: PersonRequest, client_id: str) -> Response:
        """Make the habit what the body says: 201 where there was none, else 200. It can be repeated.

        Fields that are left out become what they are in a new habit; `position` stays.
        """
        serializer = HabitSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        conditions: dict[str, Any] = {"seen": seen_versions(request), "only_new": wants_new(request)}
        habit, created = services.put_habit(
            user=request.user, client_id=client_id, **conditions, **serializer.validated_data
        )
        return _answer(habit, created)

    @extend_schema(
        operation_id="habit_update", parameters=[IF_MATCH], request=HabitSerializer, responses=HabitSerializer
    )
    def patch(self, request: PersonRequest, client_id: str) -> Response:
        """Change some of its fields; `archived` puts it away and brings it back."""
        habit = self.habit(request, client_id)
        serializer = HabitSerializer(habit, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        changed = services.update_habit(habit=habit, seen=seen_versions(request), **serializer.validated_data)
        return _answer(changed)

    @extend_schema(operation_id="habit_delete", parameters=[IF_MATCH], responses={204: None})
    def delete(self, request: PersonRequest, client_id: str) -> Response:
        """Delete the habit with all its records, on all phones. For half a year it can be restored."""
        services.delete_habit(habit=self.habit(request, client_id), seen=seen_versions(request))
        return Response(status=204)


class RestoreView(APIView):
    """A habit that was deleted."""

    @extend_schema(operation_id="habit_restore", request=None, responses=HabitSerializer)
    def post(self, request: PersonRequest, client_id: str) -> Response:
        """Bring the habit back with all its records; one that is not deleted stays as it is."""
        try:
            habit = services.restore_habit(user=request.user, client_id=client_id)
        except Habit.DoesNotExist as error:
            raise Http404 from error
        return _answer(habit)


def _answer(habit: Habit, created: bool = False) -> Response:
    status = 201 if created else 200
    return Response(HabitSerializer(habit).data, status=status, headers={"ETag": etag_of(habit.version)})
