"""What people want to do. Its rows are written by `habits.merging` alone; a trigger refuses others."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from habits.domain.limits import LONGEST_TEXT
from habits.domain.records import EVERY_DAY


def new_client_id() -> str:
    """Make an identifier for a row that was not made by a phone."""
    return str(uuid.uuid4())


class Habit(models.Model):
    """Something a person wants to do `freq_num` times in `freq_den` days, on the weekdays of a mask."""

    class Kind(models.TextChoices):
        """What is recorded on a day: a tick, an amount, or a number of times."""

        YES_NO = "yes_no", "yes or no"
        MEASURED = "measured", "measured amount"
        COUNTED = "counted", "number of times"

    class TargetType(models.TextChoices):
        """Whether the target is to be reached or not to be passed."""

        AT_LEAST = "at_least", "at least"
        AT_MOST = "at_most", "at most"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="habits")
    client_id = models.CharField(
        max_length=64, default=new_client_id, editable=False, help_text="The identifier that phones use."
    )
    name = models.CharField(max_length=200)
    question = models.CharField(max_length=500, blank=True, help_text="Asked in a reminder: “Did you exercise today?”")
    notes = models.TextField(blank=True, max_length=LONGEST_TEXT)
    category = models.CharField(max_length=100, blank=True)
    color = models.CharField(max_length=7, blank=True, help_text="As #rrggbb.")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.YES_NO)
    freq_num = models.PositiveSmallIntegerField(
        "times", default=1, validators=[MinValueValidator(1)], help_text="How many times …"
    )
    freq_den = models.PositiveSmallIntegerField(
        "in days", default=1, validators=[MinValueValidator(1)], help_text="… in how many days."
    )
    weekdays = models.PositiveSmallIntegerField(
        default=EVERY_DAY,
        validators=[MinValueValidator(1), MaxValueValidator(EVERY_DAY)],
        help_text="Days on which it is due; bit 0 is Monday, 127 is every day.",
    )
    target_type = models.CharField(max_length=8, choices=TargetType.choices, default=TargetType.AT_LEAST)
    target_value = models.FloatField(default=0, validators=[MinValueValidator(0)], help_text="In units of the habit.")
    unit = models.CharField(max_length=50, blank=True)
    reminder_time = models.TimeField(null=True, blank=True, help_text="Local time; empty for no reminder.")
    reminder_weekdays = models.PositiveSmallIntegerField(
        default=EVERY_DAY, validators=[MaxValueValidator(EVERY_DAY)], help_text="Bit 0 is Monday."
    )
    position = models.FloatField(default=0, help_text="Order in the person's list.")
    deleted = models.BooleanField(
        default=False,
        editable=False,
        help_text="Hidden with all its records; kept a while for phones that are offline.",
    )
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    completions_version = models.PositiveBigIntegerField(
        default=0,
        editable=False,
        help_text="Raised with every change of a completion; tells whether statistics are fresh.",
    )
    stamps = models.JSONField(
        default=dict, editable=False, help_text="Of each field its latest edit: milliseconds since 1970 and the device."
    )
    version = models.BigIntegerField(
        default=1, editable=False, help_text="The person's sync version at which phones have to fetch this row."
    )

    class Meta:
        ordering = ("position", "id")
        constraints = (
            models.UniqueConstraint(fields=["user", "client_id"], name="habit_client_id_unique"),
            models.CheckConstraint(
                condition=models.Q(freq_num__gte=1, freq_den__gte=1), name="habit_frequency_is_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(weekdays__gte=1, weekdays__lte=EVERY_DAY), name="habit_weekdays_is_a_mask"
            ),
        )
        indexes = (
            models.Index(fields=["user", "version"], name="habit_version"),
            models.Index(fields=["updated_at"], condition=models.Q(deleted=True), name="habit_deleted"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def archived(self) -> bool:
        """Whether it is put away; setting it puts it away from now on, or brings it back."""
        return self.archived_at is not None

    @archived.setter
    def archived(self, archived: bool) -> None:
        self.archived_at = (self.archived_at or timezone.now()) if archived else None
