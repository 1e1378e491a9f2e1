"""What is sent, to which device, and what the provider said."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from .devices import Device
from .notifications import Notification


class Delivery(models.Model):
    """A notification on its way to one device, or to the mailbox; the outbox of push.

    `id` follows from occurrence and device, and goes along with every attempt (`notifications.domain.identity`).
    """

    class State(models.TextChoices):
        """Where it stands."""

        PENDING = "pending", "waits to be sent"
        CLAIMED = "claimed", "is being sent"
        SENT = "sent", "the provider has taken it"
        REJECTED = "rejected", "the provider has refused it"
        UNKNOWN = "unknown", "nobody can tell whether it arrived"
        EXPIRED = "expired", "its time was over"
        SUPPRESSED = "suppressed", "it made no sense any more"

    id = models.UUIDField(primary_key=True, editable=False)
    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, db_index=False, related_name="deliveries")
    device = models.ForeignKey(
        Device,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        help_text="Empty for e-mail.",
    )
    transport = models.CharField(max_length=32)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    next_at = models.DateTimeField(help_text="Not to be sent before.")
    not_after = models.DateTimeField(help_text="Not to be sent from then on.")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Times that it may have reached the provider.")
    fence = models.PositiveIntegerField(default=0, help_text="Times that it was claimed; only rises.")
    lease_until = models.DateTimeField(null=True, help_text="Claimed until then; after that nobody knows.")
    claimed_by = models.CharField(max_length=100, blank=True)
    code = models.CharField(max_length=80, blank=True, help_text="The provider's word, or why it was not sent.")
    provider_id = models.CharField(max_length=200, blank=True, help_text="The provider's own number for it.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    sent_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True, help_text="When the app said that it has come.")
    opened_at = models.DateTimeField(null=True, help_text="When the person opened it.")

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = (
            models.UniqueConstraint(fields=["notification", "device"], name="delivery_unique"),
            models.CheckConstraint(
                condition=models.Q(state="claimed", lease_until__isnull=False)
                | (~models.Q(state="claimed") & models.Q(lease_until__isnull=True)),
                name="delivery_lease_while_claimed",
            ),
        )
        indexes = (
            models.Index(fields=["transport", "next_at"], name="delivery_pending", condition=models.Q(state="pending")),
            models.Index(fields=["lease_until"], name="delivery_lease", condition=models.Q(state="claimed")),
        )

    def __str__(self) -> str:
        return str(self.id)
