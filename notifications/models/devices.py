"""Phones and browsers that can be sent to."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Device(models.Model):
    """An app on a phone or a browser, as it last registered.

    Its address is a secret: whoever has it can send to it. It is kept encrypted, and found by a keyed hash.
    """

    class Platform(models.TextChoices):
        """What it runs on."""

        ANDROID = "android", "Android"
        IOS = "ios", "iOS"
        WEB = "web", "web browser"

    class State(models.TextChoices):
        """Whether it is sent to."""

        ACTIVE = "active", "active"
        RETIRED = "retired", "retired"

    class Reason(models.TextChoices):
        """Why it was retired."""

        GONE = "gone", "the provider says that the app is gone"
        DOUBTFUL = "doubtful", "the provider has refused its address again and again"
        REMOVED = "removed", "the person removed it"
        REPLACED = "replaced", "the person has newer ones, more than are kept"
        UNSEEN = "unseen", "the app was not opened for 270 days"
        UNREADABLE = "unreadable", "the key that its address was encrypted with is gone"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="devices")
    platform = models.CharField(max_length=8, choices=Platform.choices)
    transport = models.CharField(max_length=32, help_text="The name in PUSH_TRANSPORTS of the way to it.")
    app = models.CharField(max_length=200, blank=True, help_text="Bundle id or package, where there are several apps.")
    sandbox = models.BooleanField(default=False, help_text="APNs: the address is of the development environment.")
    address_kind = models.CharField(
        max_length=8, default="token", help_text="FCM: a registration token, or a Firebase installation id (fid)."
    )
    address = models.TextField(editable=False, help_text="Encrypted, with the keys of a browser's subscription.")
    address_hash = models.CharField(max_length=64, editable=False, help_text="Keyed hash by which it is found.")
    locale = models.CharField(max_length=35, blank=True, help_text="Language of the app; empty for the person's own.")
    timezone = models.CharField(max_length=64, blank=True, help_text="Where the phone said that it was.")
    app_version = models.CharField(max_length=40, blank=True)
    registered_at = models.DateTimeField(help_text="When the app last gave this address.")
    last_seen_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.ACTIVE)
    retired_reason = models.CharField(max_length=10, choices=Reason.choices, blank=True)
    retired_at = models.DateTimeField(null=True)
    doubts = models.PositiveSmallIntegerField(
        default=0, help_text="Times in a row that the provider called the address wrong, while it took others."
    )
    wait_until = models.DateTimeField(null=True, help_text="The provider wants nothing for it before this.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["transport", "app", "address_hash"], name="device_address_unique"),
            models.CheckConstraint(
                condition=models.Q(state="active", retired_at__isnull=True)
                | models.Q(state="retired", retired_at__isnull=False),
                name="device_retired_at_some_time",
            ),
        )
        indexes = (models.Index(fields=["last_seen_at"], name="device_seen", condition=models.Q(state="active")),)
        permissions = (("send_test", "Can send a test notification"),)

    def __str__(self) -> str:
        return f"dev:{self.address_hash[:8]}"
