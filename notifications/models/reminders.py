"""When to remind whom of what."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now

from habits.models import EVERY_DAY, Habit


class Reminder(models.Model):
    """A local time on chosen weekdays at which a person is to be told something."""

    class Kind(models.TextChoices):
        """What it reminds of; as `notifications.domain.kinds.Kind`."""

        HABIT = "habit", "a habit"
        ROUTINE = "routine", "a routine"
        STREAK_ALERT = "streak_alert", "streaks that end today"
        WEEKLY_REPORT = "weekly_report", "the report of the week"

    class Origin(models.TextChoices):
        """Where it comes from, and so who changes it."""

        HABIT = "habit", "the habit's own reminder time"
        PERSON = "person", "added by the person"
        ACCOUNT = "account", "comes with every account"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reminders")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    origin = models.CharField(max_length=8, choices=Origin.choices, default=Origin.PERSON)
    habit = models.ForeignKey(Habit, null=True, blank=True, on_delete=models.CASCADE, related_name="reminders")
    label = models.CharField(max_length=100, blank=True, help_text="What a routine is called.")
    category = models.CharField(max_length=100, blank=True, help_text="Of a routine's habits; empty for all habits.")
    local_time = models.TimeField()
    weekdays = models.PositiveSmallIntegerField(
        default=EVERY_DAY,
        validators=[MinValueValidator(1), MaxValueValidator(EVERY_DAY)],
        help_text="Of the local date; bit 0 is Monday.",
    )
    timezone = models.CharField(max_length=64, blank=True, help_text="A fixed zone; empty to follow the person.")
    enabled = models.BooleanField(default=True)
    next_fire_at = models.DateTimeField(
        null=True, editable=False, help_text="When it is next looked at; empty while it is not to fire."
    )
    next_local_date = models.DateField(null=True, editable=False, help_text="The local date of the next regular time.")
    fired_on = models.DateField(null=True, editable=False, help_text="The latest local date on which it fired.")
    snooze_until = models.DateTimeField(null=True, blank=True, help_text="Fires then as well.")
    key = models.UUIDField(null=True, editable=False, help_text="The Idempotency-Key that it was asked for with.")
    body_hash = models.BinaryField(
        max_length=32, null=True, editable=False, help_text="SHA-256 of what was asked for with the key."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["habit"], condition=models.Q(origin="habit"), name="reminder_of_habit_unique"
            ),
            models.UniqueConstraint(
                fields=["user", "kind"], condition=models.Q(origin="account"), name="reminder_of_account_unique"
            ),
            models.UniqueConstraint(
                fields=["user", "key"], condition=models.Q(key__isnull=False), name="reminder_key_unique"
            ),
            models.CheckConstraint(
                condition=models.Q(weekdays__gte=1, weekdays__lte=EVERY_DAY), name="reminder_weekdays_is_a_mask"
            ),
            models.CheckConstraint(
                condition=models.Q(kind="habit", habit__isnull=False)
                | (~models.Q(kind="habit") & models.Q(habit__isnull=True)),
                name="reminder_habit_where_of_a_habit",
            ),
            models.CheckConstraint(
                condition=models.Q(next_fire_at__isnull=True) | models.Q(next_local_date__isnull=False),
                name="reminder_next_has_a_date",
            ),
        )
        indexes = (
            models.Index(fields=["next_fire_at"], name="reminder_due", condition=models.Q(next_fire_at__isnull=False)),
        )

    def __str__(self) -> str:
        return f"{self.kind} at {self.local_time:%H:%M}"
