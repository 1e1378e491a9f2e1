"""When a person is reminded."""

from __future__ import annotations

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.views import APIView

from habits.models import Habit
from habits.selectors import habits_of
from habits.views import PersonRequest
from notifications import services
from notifications.models import Reminder
from notifications.selectors.reminders import reminders_of
from notifications.serializers import NewReminderSerializer, ReminderSerializer, SnoozeSerializer


class ReminderListView(APIView):
    """The reminders of the person who asks."""

    @extend_schema(operation_id="reminders", responses=ReminderSerializer(many=True))
    def get(self, request: PersonRequest) -> Response:
        """List the reminders by their time: those of habits, those that were added, and those of every account."""
        return Response(ReminderSerializer(reminders_of(request.user), many=True).data)

    @extend_schema(operation_id="reminder_create", request=NewReminderSerializer, responses={201: ReminderSerializer})
    def post(self, request: PersonRequest) -> Response:
        """Add a further reminder of a habit, or one of a routine: all habits, or those of a category."""
        serializer = NewReminderSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        habit = _habit(request, values.pop("habit", None))
        reminder = services.create_reminder(user=request.user, habit=habit, **values)
        return Response(ReminderSerializer(reminder).data, status=201)


class OwnReminderView(APIView):
    """What concerns one reminder of the person who asks; any other does not exist for them."""

    def reminder(self, request: PersonRequest, number: int) -> Reminder:
        """Give the reminder. Raises `Http404`."""
        return get_object_or_404(reminders_of(request.user), pk=number)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer 404 also where the reminder or its habit went while the request was being worked on."""
        gone = isinstance(exc, Reminder.DoesNotExist | Habit.DoesNotExist)
        return super().handle_exception(Http404() if gone else exc)


class ReminderView(OwnReminderView):
    """One reminder."""

    @extend_schema(operation_id="reminder", responses=ReminderSerializer)
    def get(self, request: PersonRequest, number: int) -> Response:
        """Give the reminder."""
        return Response(ReminderSerializer(self.reminder(request, number)).data)

    @extend_schema(operation_id="reminder_update", request=ReminderSerializer, responses=ReminderSerializer)
    def patch(self, request: PersonRequest, number: int) -> Response:
        """Change it. The time of a habit's own reminder is the habit's, and changes there too."""
        reminder = self.reminder(request, number)
        serializer = ReminderSerializer(reminder, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        changed = services.update_reminder(reminder=reminder, **serializer.validated_data)
        return Response(ReminderSerializer(changed).data)

    @extend_schema(operation_id="reminder_delete", responses={204: None, 400: None})
    def delete(self, request: PersonRequest, number: int) -> Response:
        """Remove it; a habit's own one by taking the habit its time. Those of every account can only be turned off."""
        services.delete_reminder(reminder=self.reminder(request, number))
        return Response(status=204)


class SnoozeView(OwnReminderView):
    """A reminder that comes again."""

    @extend_schema(operation_id="reminder_snooze", request=SnoozeSerializer, responses=ReminderSerializer)
    def post(self, request: PersonRequest, number: int) -> Response:
        """Remind again after some minutes, once, unless it is done by then."""
        serializer = SnoozeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        reminder = services.snooze_reminder(reminder=self.reminder(request, number), **serializer.validated_data)
        return Response(ReminderSerializer(reminder).data)


def _habit(request: PersonRequest, client_id: str | None) -> Habit | None:
    if client_id is None:
        return None
    habit = habits_of(request.user).filter(client_id=client_id).first()
    if habit is None:
        raise ValidationError({"habit": "There is no such habit."})
    return habit
