"""What belongs to people in the admin: reminders, what they want, and their inbox."""

from __future__ import annotations

from django.contrib import admin

from notifications.models import InboxItem, Preference, Reminder

from .looking import LookedAt


@admin.register(Reminder)
class ReminderAdmin(LookedAt):
    """Reminders, and when each fires next."""

    list_display = ("id", "user", "kind", "habit", "local_time", "weekdays", "enabled", "next_fire_at", "fired_on")
    list_select_related = ("user", "habit")
    list_filter = ("kind", "origin", "enabled")
    ordering = ("-id",)
    search_fields = ("=user__email",)
    fields = (
        *("user", "kind", "origin", "habit", "label", "category", "local_time", "weekdays", "timezone", "enabled"),
        *("next_fire_at", "next_local_date", "fired_on", "snooze_until", "created_at"),
    )


@admin.register(Preference)
class PreferenceAdmin(LookedAt):
    """What people have settled; empty fields leave it to what is more general."""

    list_display = (
        *("user", "kind", "channel", "enabled", "quiet_from", "quiet_to", "max_per_day", "digest", "muted_until"),
        "private",
    )
    list_select_related = ("user",)
    list_filter = ("kind", "channel", "enabled")
    ordering = ("-id",)
    search_fields = ("=user__email",)
    fields = list_display


@admin.register(InboxItem)
class InboxItemAdmin(LookedAt):
    """What people find in the app's inbox."""

    list_display = ("id", "user", "kind", "created_at", "read_at")
    list_select_related = ("user",)
    list_filter = ("kind",)
    ordering = ("-id",)
    search_fields = ("=user__email",)
    fields = ("user", "kind", "title", "body", "data", "created_at", "read_at")
