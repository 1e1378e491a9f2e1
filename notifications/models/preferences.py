"""What people want to be told, and how."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models

from notifications.domain.choice import Choice
from notifications.domain.quiet_hours import QuietHours


class Preference(models.Model):
    """What a person has settled for a kind and a channel, or for all of either; empty fields settle nothing.

    Which row decides is told by `notifications.domain.choice`.
    """

    class Kind(models.TextChoices):
        """What it is about."""

        ALL = "", "all kinds"
        HABIT = "habit", "reminders of habits"
        ROUTINE = "routine", "reminders of routines"
        STREAK_ALERT = "streak_alert", "streak alerts"
        WEEKLY_REPORT = "weekly_report", "weekly reports"
        TEST = "test", "tests"

    class Channel(models.TextChoices):
        """The way of telling."""

        ALL = "", "all channels"
        PUSH = "push", "push"
        EMAIL = "email", "e-mail"
        INBOX = "inbox", "inbox in the app"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="notification_preferences"
    )
    kind = models.CharField(max_length=16, choices=Kind.choices, blank=True)
    channel = models.CharField(max_length=8, choices=Channel.choices, blank=True)
    enabled = models.BooleanField(null=True, blank=True)
    quiet_from = models.TimeField(null=True, blank=True, help_text="Local time from which nothing is sent …")
    quiet_to = models.TimeField(null=True, blank=True, help_text="… until this one.")
    max_per_day = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(1000)])
    digest = models.BooleanField(null=True, blank=True, help_text="Tell of several reminders of one moment at once.")
    muted_until = models.DateTimeField(null=True, blank=True)
    private = models.BooleanField(null=True, blank=True, help_text="Show nothing about habits on a locked screen.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["user", "kind", "channel"], name="preference_unique"),
            models.CheckConstraint(
                condition=models.Q(quiet_from__isnull=True, quiet_to__isnull=True)
                | models.Q(quiet_from__isnull=False, quiet_to__isnull=False),
                name="preference_quiet_hours_have_both_ends",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind or 'all kinds'} by {self.channel or 'all channels'}"

    @property
    def choice(self) -> Choice:
        """What it settles."""
        quiet = QuietHours(self.quiet_from, self.quiet_to) if self.quiet_from and self.quiet_to else None
        return Choice(
            enabled=self.enabled,
            quiet=quiet,
            max_per_day=self.max_per_day,
            digest=self.digest,
            muted_until=self.muted_until,
            private=self.private,
        )
