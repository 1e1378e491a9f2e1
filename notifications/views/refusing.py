"""What is answered where a service refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from django.http import Http404
from rest_framework.response import Response

from focusjobs.rest.conditional import ConditionalView, PreconditionFailed
from habits.models import Habit
from habits.services import OutOfDate
from notifications.models import Device, Reminder

ANSWERS: Mapping[type[Exception], Callable[[], Exception]] = MappingProxyType(
    {
        Device.DoesNotExist: Http404,
        Habit.DoesNotExist: Http404,
        Reminder.DoesNotExist: Http404,
        OutOfDate: PreconditionFailed,
    }
)
"""By what services raise; a row that is not there went while the request was being worked on."""


class RefusingView(ConditionalView):
    """A view whose services may find that things are not as the person who asks believes."""

    def handle_exception(self, exc: Exception) -> Response:
        """Answer 404 or 412 for what services raise."""
        answer = ANSWERS.get(type(exc))
        return super().handle_exception(answer() if answer else exc)
