"""Notifications in the admin: the life of each, and what the words look like in every language."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from notifications.domain.copy import LANGUAGES, words_for
from notifications.domain.samples import SAMPLES
from notifications.models import Delivery, Notification

from .looking import LookedAt


@admin.register(Notification)
class NotificationAdmin(LookedAt):
    """What was planned, told or suppressed, and why; each page tells what the providers answered."""

    change_list_template = "admin/notifications/notification/change_list.html"
    list_display = ("id", "user", "kind", "day", "due_at", "state", "reason", "pushed")
    list_select_related = ("user",)
    list_filter = ("kind", "state", "reason")
    ordering = ("-id",)
    search_fields = ("=user__email", "=occurrence_key")
    fields = ("user", "kind", "occurrence_key", "reminder_id", "day", "state", "reason", "life", "habits", "facts")
    readonly_fields = ("life",)

    def get_urls(self) -> list[URLPattern]:
        """Add the preview of all words."""
        preview = self.admin_site.admin_view(self.preview)
        return [path("copy/", preview, name="notifications_notification_copy"), *super().get_urls()]

    def preview(self, request: HttpRequest) -> HttpResponse:
        """Show every text in every language, with sample values, also as locked screens of private people show it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = [
            (
                name,
                [(words_for(subject, language), words_for(subject, language, private=True)) for language in LANGUAGES],
            )
            for name, subject in SAMPLES.items()
        ]
        context = {**self.admin_site.each_context(request), "title": "Words of notifications"}
        context |= {"languages": LANGUAGES, "rows": rows, "opts": self.opts}
        return TemplateResponse(request, "admin/notifications/notification/copy.html", context)

    @admin.display(description="what happened")
    def life(self, notification: Notification) -> SafeString:
        """Tell what happened to it, in order."""
        lines = sorted(story(notification), key=lambda line: line[0])
        return format_html_join(
            "\n",
            '<p><span class="jc-quiet">{}</span> {}</p>',
            ((f"{at:%Y-%m-%d %H:%M:%S}", text) for at, text in lines),
        )


def story(notification: Notification) -> Iterator[tuple[datetime, str]]:
    """Give what happened to a notification, with when."""
    yield notification.created_at, f"planned for {notification.fire_at:%Y-%m-%d %H:%M} UTC"
    if notification.decided_at is not None:
        why = f": {notification.get_reason_display()}" if notification.reason else ""
        into = f" {notification.merged_into_id}" if notification.merged_into_id else ""
        yield notification.decided_at, f"{notification.get_state_display()}{into}{why}"
    elif notification.state == Notification.State.PLANNED:
        yield notification.due_at, "to be told, unless it is done by then"
    for delivery in notification.deliveries.select_related("device").order_by("created_at", "pk"):
        yield from _sent(delivery)


def _sent(delivery: Delivery) -> Iterator[tuple[datetime, str]]:
    device = str(delivery.device) if delivery.device_id and delivery.device else "the mailbox"
    said = f" ({delivery.code})" if delivery.code else ""
    tries = f", attempt {delivery.attempts}" if delivery.attempts > 1 else ""
    at = delivery.sent_at or delivery.created_at
    yield at, f"{delivery.transport} to {device}: {delivery.get_state_display()}{said}{tries}"
    if delivery.received_at is not None:
        yield delivery.received_at, f"{device} has got it"
    if delivery.opened_at is not None:
        yield delivery.opened_at, f"opened on {device}"
