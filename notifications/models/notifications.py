"""What people are to be told."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Notification(models.Model):
    """One thing to tell one person: planned once for each occurrence, then told, or not for a reason."""

    class Kind(models.TextChoices):
        """As `notifications.domain.kinds.Kind`."""

        HABIT = "habit", "reminder of a habit"
        ROUTINE = "routine", "reminder of a routine"
        STREAK_ALERT = "streak_alert", "streak alert"
        WEEKLY_REPORT = "weekly_report", "weekly report"
        TEST = "test", "test"

    class State(models.TextChoices):
        """Where it stands."""

        PLANNED = "planned", "planned"
        DISPATCHED = "dispatched", "dispatched"
        MERGED = "merged", "told within another"
        SUPPRESSED = "suppressed", "suppressed"

    class Reason(models.TextChoices):
        """Why it was suppressed, or only put into the inbox."""

        LATE = "late", "it was noticed too late, as after an outage"
        EXPIRED = "expired", "its time was over"
        INACTIVE = "inactive", "the account is not active"
        GONE = "gone", "the reminder or habit is gone"
        OFF = "off", "the reminder is turned off"
        ARCHIVED = "archived", "the habit is archived"
        NOT_DUE = "not_due", "the habit is not due on this day"
        DONE = "done", "it is done, skipped or covered"
        NO_STREAK = "no_streak", "no streak of three days or more is in danger"
        UNWANTED = "unwanted", "the person does not want this kind"
        MUTED = "muted", "the person has muted notifications"
        QUIET = "quiet", "quiet hours last until the day is over"
        CAP = "cap", "the person has had as many today as they want"
        NO_DEVICE = "no_device", "the person has no device that can be sent to"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="notifications"
    )
    kind = models.CharField(max_length=16, choices=Kind.choices)
    occurrence_key = models.CharField(max_length=100, help_text="What it is about; at most one of a kind has it.")
    reminder_id = models.BigIntegerField(null=True, help_text="The reminder that fired, which may be gone.")
    day = models.DateField(help_text="The person's day that it is about.")
    fire_at = models.DateTimeField(help_text="The instant that was asked for.")
    due_at = models.DateTimeField(help_text="When it is told: spread, or put off by quiet hours.")
    not_after = models.DateTimeField(help_text="It is worth nothing from then on.")
    habits = models.JSONField(default=list, help_text="Numbers of the habits that it speaks of.")
    facts = models.JSONField(default=dict, help_text="Numbers that its words need.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    reason = models.CharField(max_length=10, choices=Reason.choices, blank=True)
    pushed = models.BooleanField(default=False, help_text="It has gone to devices, and counts against the day's cap.")
    merged_into_id = models.BigIntegerField(null=True, help_text="The notification that tells of this one too.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    decided_at = models.DateTimeField(null=True, help_text="When it was dispatched or suppressed.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["user", "kind", "occurrence_key"], name="notification_occurrence_unique"),
        )
        indexes = (
            models.Index(fields=["due_at", "user"], name="notification_due", condition=models.Q(state="planned")),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.occurrence_key}"
