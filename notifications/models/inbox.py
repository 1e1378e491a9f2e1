"""The list of notifications that the app shows."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from .notifications import Notification


class InboxItem(models.Model):
    """A notification in the words in which it was told, for the app to show; also where no push was sent."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="inbox_items"
    )
    notification = models.OneToOneField(Notification, on_delete=models.CASCADE, related_name="inbox_item")
    kind = models.CharField(max_length=16, choices=Notification.Kind.choices)
    title = models.CharField(max_length=200)
    body = models.CharField(max_length=500, blank=True)
    data = models.JSONField(default=dict, help_text="What the app needs to lead there.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["user", "-id"], name="inbox_newest"),
            models.Index(fields=["user"], name="inbox_unread", condition=models.Q(read_at__isnull=True)),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.notification_id}"
