"""The sync of phones in the admin: what they pushed, which phones there are, and texts that lost against others."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from focusjobs.console.lists import ReadOnlyAdmin
from habits import services
from habits.models import LostText, SyncDevice, SyncPush


class StateFilter(admin.SimpleListFilter):
    """Where pushes stand."""

    title = parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Name the states."""
        return [(word, word) for word in ("queued", "failed", "done")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SyncPush]) -> QuerySet[SyncPush]:
        """Give the pushes of the chosen state; those that wait and those that failed have an index of their own."""
        conditions: dict[str | None, dict[str, Any]] = {
            "queued": {"merged_version": None, "failed_at": None},
            "failed": {"failed_at__isnull": False},
            "done": {"merged_version__isnull": False},
        }
        return queryset.filter(**conditions.get(self.value(), {}))


@admin.register(SyncPush)
class SyncPushAdmin(ReadOnlyAdmin):
    """The inbox. One that failed can be tried again, once its cause is mended."""

    list_display = ("id", "user", "device", "state", "received_at", "merged_version", "refused")
    list_only = ("user", "device", "received_at", "merged_version", "failed_at", "problems")
    list_filter = (StateFilter,)
    ordering = ("-id",)
    actions = ("try_again",)
    fields = (
        *("user", "device", "key", "state", "received_at", "cursor", "merged_version", "merged_at"),
        *("failed_at", "error", "refusals", "content"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncPush]:
        """Read whose they are with them."""
        return super().get_queryset(request).prefetch_related("user")

    @admin.display(description="refused rows")
    def refused(self, push: SyncPush) -> int:
        """Give how many rows the phone was told to keep."""
        return len(push.problems)

    @admin.display(description="refused rows")
    def refusals(self, push: SyncPush) -> SafeString:
        """Give the rows that were refused, and why."""
        lines = [f"{row['table']} {row['id']}: {row['detail']} ({row['code']})" for row in push.problems]
        return format_html('<pre class="jc-pre">{}</pre>', "\n".join(lines) or "None.")

    @admin.display(description="what it writes")
    def content(self, push: SyncPush) -> SafeString:
        """Give what is to be merged."""
        lines = [json.dumps(write, ensure_ascii=False, sort_keys=True) for write in push.writes]
        return format_html('<pre class="jc-pre">{}</pre>', "\n".join(lines) or "Nothing.")

    @admin.action(description="Try to merge again", permissions=["retry"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[SyncPush]) -> None:
        """Put failed pushes back into the inbox."""
        tried = services.retry_pushes(list(queryset.values_list("pk", flat=True)))
        self.message_user(request, f"{tried} pushes are waiting to be merged again.", messages.SUCCESS)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Allow those who may change pushes."""
        return request.user.has_perm("habits.change_syncpush")

    class Media:
        css = {"all": ("jobs/console.css",)}  # noqa: RUF012 - Django's convention


@admin.register(SyncDevice)
class SyncDeviceAdmin(ReadOnlyAdmin):
    """Phones, with their latest push and pull and how far their clocks are off."""

    list_display = ("device", "user", "last_push_at", "last_pull_at", "issued", "clock", "user_agent")
    list_select_related = ("user",)
    ordering = ("-id",)
    search_fields = ("user__email",)
    fields = list_display

    @admin.display(description="clock")
    def clock(self, device: SyncDevice) -> str:
        """Say how far the phone's clock is off; a phone that pushes old edits seems to be behind."""
        if device.skew_ms is None:
            return "unknown"
        if device.skew_ms <= 1_000:
            return "not ahead"
        return f"{device.skew_ms / 1000:,.0f} s ahead"


@admin.register(LostText)
class LostTextAdmin(ReadOnlyAdmin):
    """The merge log: names and notes that lost against an edit elsewhere, for people who miss one."""

    list_display = ("at", "user", "habit", "day", "field", "lost", "kept")
    list_select_related = ("user", "habit")
    list_filter = ("field",)
    ordering = ("-id",)
    search_fields = ("user__email",)
    fields = ("at", "user", "habit", "day", "field", "lost", "lost_device", "kept", "kept_device")
