"""A person's habits."""

from __future__ import annotations

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response
from rest_framework.views import APIView

from habits import services
from habits.models import Habit
from habits.pagination import HabitPages
from habits.selectors import habits_of
from habits.serializers import HabitSerializer, NewHabitSerializer

from .requests import OwnHabitView, PersonRequest


class HabitListView(GenericAPIView[Habit]):
    """The habits of the person who asks."""

    serializer_class = HabitSerializer
    pagination_class = HabitPages

    @extend_schema(operation_id="habits", responses=HabitSerializer(many=True))
    def get(self, request: PersonRequest) -> Response:
        """List the habits in their order, archived ones too."""
        page = self.paginate_queryset(habits_of(request.user))
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
        return Response(HabitSerializer(habit).data, status=201 if created else 200)


class HabitView(OwnHabitView):
    """One habit."""

    @extend_schema(operation_id="habit", responses=HabitSerializer)
    def get(self, request: PersonRequest, client_id: str) -> Response:
        """Give the habit."""
        return Response(HabitSerializer(self.habit(request, client_id)).data)

    @extend_schema(operation_id="habit_update", request=HabitSerializer, responses=HabitSerializer)
    def patch(self, request: PersonRequest, client_id: str) -> Response:
        """Change some of its fields; `archived` puts it away and brings it back."""
        habit = self.habit(request, client_id)
        serializer = HabitSerializer(habit, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        return Response(HabitSerializer(services.update_habit(habit=habit, **serializer.validated_data)).data)

    @extend_schema(operation_id="habit_delete", responses={204: None})
    def delete(self, request: PersonRequest, client_id: str) -> Response:
        """Delete the habit with all its records, on all phones. For half a year it can be restored."""
        services.delete_habit(habit=self.habit(request, client_id))
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
        return Response(HabitSerializer(habit).data)
