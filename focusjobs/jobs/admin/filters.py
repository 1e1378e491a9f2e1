"""What the list of jobs can be narrowed to; the choices are known without asking the table."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from ..domain.lifecycle import State
from ..models import Job
from ..selectors import OF_STATE, known_tasks

Choices = list[tuple[str, str]]


class StateFilter(admin.SimpleListFilter):
    """Jobs in one state; shown as tabs."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Offer every state."""
        return [(state.value, state.value.replace("_", " ")) for state in State]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        """Keep the jobs in the state that was chosen."""
        state = chosen_state(request)
        return queryset.filter(OF_STATE[state]) if state else queryset


class QueueFilter(admin.SimpleListFilter):
    """Jobs of one queue."""

    title = "queue"
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Offer the queues that there are, and the one that was asked for."""
        return _with_asked(request, self.parameter_name, settings.JOBS_QUEUES)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        """Keep the jobs of the queue that was chosen."""
        return queryset.filter(queue=self.value()) if self.value() else queryset


class TaskFilter(admin.SimpleListFilter):
    """Jobs of one task."""

    title = "task"
    parameter_name = "task"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Offer the tasks that are declared, and the one that was asked for: it may be of another release."""
        return _with_asked(request, self.parameter_name, known_tasks())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        """Keep the jobs of the task that was chosen."""
        return queryset.filter(task=self.value()) if self.value() else queryset


class PersonFilter(admin.SimpleListFilter):
    """Jobs for one person, by their key; other pages link to it."""

    title = "person"
    parameter_name = "user"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Offer the person who was asked for."""
        return [(key, f"person {key}") for key, _ in _with_asked(request, self.parameter_name, [])]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        """Keep the jobs for the person who was chosen."""
        value = self.value()
        if not value:
            return queryset
        return queryset.filter(user=int(value)) if value.isdecimal() else queryset.none()


def chosen_state(request: HttpRequest) -> State | None:
    """Give the state whose tab is open, if it is one."""
    asked = request.GET.get(StateFilter.parameter_name, "")
    return State(asked) if asked in State._value2member_map_ else None


def _with_asked(request: HttpRequest, name: str, known: list[str]) -> Choices:
    asked = request.GET.get(name)
    return [(value, value) for value in [*known, *([asked] if asked and asked not in known else [])]]
