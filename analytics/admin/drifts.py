"""What the nightly comparisons found."""

from __future__ import annotations

from django.contrib import admin

from analytics.models import Drift, Inspection
from focusjobs.console.lists import ReadOnlyAdmin


@admin.register(Inspection)
class InspectionAdmin(ReadOnlyAdmin):
    """Nights, with how many people were compared and how much had drifted."""

    list_display = ("night", "users", "habits", "days", "drifts", "began_at", "ended_at")
    ordering = ("-night",)


@admin.register(Drift)
class DriftAdmin(ReadOnlyAdmin):
    """Statistics that were not what the records come to. They have been put right."""

    list_display = ("found_at", "user", "habit", "day", "what", "stored", "expected")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    ordering = ("-id",)
