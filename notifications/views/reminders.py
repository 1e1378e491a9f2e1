"""When a person is reminded."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response

from focusjobs.rest.conditional import IF_MATCH, etag_of, seen_versions
from focusjobs.rest.idempotency import IDEMPOTENCY_KEY, key_of
from focusjobs.rest.listing import ListView
from habits.models import Habit
from habits.selectors import habits_of
from habits.views import PersonRequest
from notifications import services
from notifications.models import Reminder
from notifications.pagination import ReminderPages
from notifications.selectors.reminders import reminders_of
from notifications.selectors.versions import version_of
from notifications.serializers import (
    NewReminderSerializer,
    ReminderQuerySerializer,
    ReminderSerializer,
    SnoozeSerializer,
)

from .refusing import RefusingView


class ReminderListView(RefusingView, ListView):
    """The reminders of the person who asks."""

    serializer_class = ReminderSerializer
    pagination_class = ReminderPages
    query_serializer = ReminderQuerySerializer

    @extend_schema(
        operation_id="reminders", parameters=[ReminderQuerySerializer], responses=ReminderSerializer(many=True)
    )
    def get(self, request: PersonRequest) -> Response:
        """List the reminders by their time: those of habits, those that were added, and those of every account."""
        return self.page(reminders_of(request.user).filter(**self.query(request)))

    @extend_schema(
        operation_id="reminder_create",
        parameters=[IDEMPOTENCY_KEY],
        request=NewReminderSerializer,
        responses={201: ReminderSerializer, 422: None},
    )
    def post(self, request: PersonRequest) -> Response:
        """Add a further reminder of a habit, or one of a routine: all habits, or those of a category.

        A repetition with the same `Idempotency-Key` adds none and gives the one that is there; with another body, 422.
        """
        serializer = NewReminderSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        habit = _habit(request, values.pop("habit", None))
        reminder = services.create_reminder(user=request.user, habit=habit, key=key_of(request), **values)
        return _answer(reminder, 201)


class OwnReminderView(RefusingView):
    """What concerns one reminder of the person who asks; any other does not exist for them."""

    def reminder(self, request: PersonRequest, number: int) -> Reminder:
        """Give the reminder. Raises `Http404`."""
        return get_object_or_404(reminders_of(request.user), pk=number)


class ReminderView(OwnReminderView):
    """One reminder. It has another ETag once it was changed, and once it has fired."""

    @extend_schema(operation_id="reminder", responses=ReminderSerializer)
    def get(self, request: PersonRequest, number: int) -> Response:
        """Give the reminder."""
        return _answer(self.reminder(request, number))

    @extend_schema(
        operation_id="reminder_update", parameters=[IF_MATCH], request=ReminderSerializer, responses=ReminderSerializer
    )
    def patch(self, request: PersonRequest, number: int) -> Response:
        """Change it. The time of a habit's own reminder is the habit's, and changes there too."""
        reminder = self.reminder(request, number)
        serializer = ReminderSerializer(reminder, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        changed = services.update_reminder(reminder=reminder, seen=seen_versions(request), **serializer.validated_data)
        return _answer(changed)

    @extend_schema(operation_id="reminder_delete", parameters=[IF_MATCH], responses={204: None, 400: None})
    def delete(self, request: PersonRequest, number: int) -> Response:
        """Remove it; a habit's own one by taking the habit its time. Those of every account can only be turned off."""
        services.delete_reminder(reminder=self.reminder(request, number), seen=seen_versions(request))
        return Response(status=204)


class SnoozeView(OwnReminderView):
    """A reminder that comes again."""

    @extend_schema(operation_id="reminder_snooze", request=SnoozeSerializer, responses=ReminderSerializer)
    def post(self, request: PersonRequest, number: int) -> Response:
        """Remind again after some minutes, once, unless it is done by then."""
        serializer = SnoozeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return _answer(services.snooze_reminder(reminder=self.reminder(request, number), **serializer.validated_data))


def _habit(request: PersonRequest, client_id: str | None) -> Habit | None:
    if client_id is None:
        return None
    habit = habits_of(request.user).filter(client_id=client_id).first()
    if habit is None:
        raise ValidationError({"habit": "There is no such habit."})
    return habit


def _answer(reminder: Reminder, status: int = 200) -> Response:
    headers = {"ETag": etag_of(version_of(reminder))}
    return Response(ReminderSerializer(reminder).data, status=status, headers=headers)
