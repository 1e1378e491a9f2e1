"""The analytics app in the admin: stored statistics, to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from analytics.models import HabitState


@admin.register(HabitState)
class HabitStateAdmin(admin.ModelAdmin):
    """Read-only: jobs write these rows. One that is deleted is worked out whenever it is asked for."""

    list_display = (
        "habit",
        "owner",
        "as_of",
        "strength",
        "streak",
        "best_streak",
        "total",
        "done_today",
        "computed_at",
    )
    list_select_related = ("habit__user",)
    search_fields = ("habit__name", "habit__user__email")
    ordering = ("-habit_id",)
    show_full_result_count = False

    @admin.display(description="person")
    def owner(self, state: HabitState) -> str:
        """Give the e-mail address of the habit's owner."""
        return str(state.habit.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: jobs write these rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: jobs write these rows."""
        return False
