"""The REST interface of the habits app: a person's settings, habits and days."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView, get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from habits import services
from habits.models import Habit, User
from habits.pagination import CompletionPages, HabitPages
from habits.selectors import days_of, habits_of, recorded
from habits.serializers import (
    CompletionSerializer,
    DayRangeSerializer,
    HabitSerializer,
    NewHabitSerializer,
    ProfileSerializer,
)


class PersonRequest(Request):
    """A request of a person who is logged in, as the permissions of every view here ensure."""

    user: User


class ProfileView(APIView):
    """The settings of the person who asks."""

    @extend_schema(operation_id="profile", responses=ProfileSerializer)
    def get(self, request: PersonRequest) -> Response:
        """Give the settings, and the day that it is for this person."""
        return Response(ProfileSerializer(request.user).data)

    @extend_schema(operation_id="profile_update", request=ProfileSerializer, responses=ProfileSerializer)
    def patch(self, request: PersonRequest) -> Response:
        """Change some of the settings."""
        serializer = ProfileSerializer(request.user, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        user = services.update_profile(user=request.user, **serializer.validated_data)
        return Response(ProfileSerializer(user).data)


class OwnHabitView(GenericAPIView[Any]):
    """What concerns one habit of the person who asks; any other habit does not exist for them."""

    def habit(self, request: PersonRequest, client_id: str) -> Habit:
        """Give the habit. Raises `Http404`."""
        return get_object_or_404(habits_of(request.user), client_id=client_id)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer 404 also where the habit was deleted while the request was being worked on."""
        return super().handle_exception(Http404() if isinstance(exc, Habit.DoesNotExist) else exc)


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


class CompletionListView(OwnHabitView):
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
        page = self.paginate_queryset(days_of(self.habit(request, client_id), first, last)) or []
        return self.get_paginated_response(CompletionSerializer(map(recorded, page), many=True).data)


class CompletionView(OwnHabitView):
    """What was recorded of one day."""

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
