"""Whose request it is, which habit it is about, and that it overwrites nothing unseen."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from rest_framework.generics import GenericAPIView, get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from focusjobs.rest.conditional import PreconditionFailed
from habits.models import Habit, User
from habits.selectors import habits_of
from habits.services import OutOfDate


class PersonRequest(Request):
    """A request of a person who is logged in, as the permissions of every view here ensure."""

    user: User


class CarefulView(APIView):
    """A view whose writes overwrite nothing that has changed since the person who asks has seen it."""

    def handle_exception(self, exc: Exception) -> Response:
        """Answer 412 where a service finds that it has."""
        return super().handle_exception(PreconditionFailed() if isinstance(exc, OutOfDate) else exc)


class OwnHabitView(CarefulView, GenericAPIView[Any]):
    """What concerns one habit of the person who asks; any other habit does not exist for them."""

    def habit(self, request: PersonRequest, client_id: str) -> Habit:
        """Give the habit. Raises `Http404`."""
        return get_object_or_404(habits_of(request.user), client_id=client_id)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer 404 also where the habit was deleted while the request was being worked on."""
        return super().handle_exception(Http404() if isinstance(exc, Habit.DoesNotExist) else exc)
