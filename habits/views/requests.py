"""Whose request it is, and which habit it is about."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from rest_framework.generics import GenericAPIView, get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from focusjobs.rest.conditional import PreconditionFailed
from habits.models import Habit, User
from habits.selectors import habits_of
from habits.services import OutOfDate


class PersonRequest(Request):
    """A request of a person who is logged in, as the permissions of every view here ensure."""

    user: User


class OwnHabitView(GenericAPIView[Any]):
    """What concerns one habit of the person who asks; any other habit does not exist for them."""

    def habit(self, request: PersonRequest, client_id: str) -> Habit:
        """Give the habit. Raises `Http404`."""
        return get_object_or_404(habits_of(request.user), client_id=client_id)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer 404 also where the habit was deleted while the request was being worked on, and 412."""
        if isinstance(exc, Habit.DoesNotExist):
            exc = Http404()
        return super().handle_exception(PreconditionFailed() if isinstance(exc, OutOfDate) else exc)
