"""Devices in the admin. Their addresses are shown nowhere."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from notifications import services
from notifications.models import Device

from .looking import LookedAt

MOST_TESTS = 20
"""People to whom one click sends a test."""


@admin.register(Device)
class DeviceAdmin(LookedAt):
    """Phones and browsers, with the reason where one is sent to no more."""

    list_display = (
        *("name", "user", "platform", "transport", "app", "app_version", "state", "retired_reason"),
        *("last_seen_at", "doubts"),
    )
    list_select_related = ("user",)
    list_filter = ("state", "retired_reason", "platform", "transport")
    ordering = ("-id",)
    search_fields = ("=user__email", "address_hash__startswith")
    search_help_text = "A person's e-mail address, or what follows “dev:” in the logs."
    fields = (
        *("name", "user", "platform", "transport", "app", "app_version", "sandbox", "address_kind", "locale"),
        *("timezone", "state", "retired_reason", "retired_at", "registered_at", "last_seen_at", "doubts"),
        *("wait_until", "created_at"),
    )
    actions = ("send_test", "retire")

    @admin.display(description="device", ordering="id")
    def name(self, device: Device) -> str:
        """Give the name by which logs call it."""
        return str(device)

    @admin.action(description="Send a test to these people", permissions=["send_test"])
    def send_test(self, request: HttpRequest, queryset: QuerySet[Device]) -> None:
        """Have a test sent to all devices of the people whose devices were picked."""
        people = {device.user_id: device for device in queryset.select_related("user")[:500]}
        if len(people) > MOST_TESTS:
            self.message_user(request, f"Pick devices of {MOST_TESTS} people at most.", messages.ERROR)
            return
        for device in people.values():
            services.send_test(user=device.user)
            self.log_change(request, device, "Sent a test")
        self.message_user(request, f"Tests are on their way to {len(people)} people.", messages.SUCCESS)

    def has_send_test_permission(self, request: HttpRequest) -> bool:
        """Allow those who may send tests."""
        return request.user.has_perm("notifications.send_test")

    @admin.action(description="Send nothing more to these devices", permissions=["retire"])
    def retire(self, request: HttpRequest, queryset: QuerySet[Device]) -> None:
        """Retire devices; an app that is opened again registers again."""
        active = list(queryset.filter(state=Device.State.ACTIVE))
        for device in active:
            services.remove_device(device=device)
            self.log_change(request, device, "Retired")
        self.message_user(request, f"{len(active)} devices are sent to no more.", messages.SUCCESS)

    def has_retire_permission(self, request: HttpRequest) -> bool:
        """Allow those who may change devices."""
        return request.user.has_perm("notifications.change_device")
