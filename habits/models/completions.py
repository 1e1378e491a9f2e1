"""What people did on each local day. These rows are written by `habits.merging` alone; a trigger refuses others."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from habits.domain.limits import LONGEST_TEXT

from .habits import Habit

DEVICE_LENGTH = 64
"""Characters of a device's identifier."""


class Completion(models.Model):
    """What a device recorded for one habit on one local day. A value that is empty says nothing of the day.

    A day has one row, whoever writes it; of a counted habit it has a row for each device (`slot`), and their sum is the
    day's. `value` with `skipped` is one register of the merge and `note` is another: each has the stamp of its latest
    edit, milliseconds since 1970 and a device (`habits.domain.merge`).
    """

    class Source(models.TextChoices):
        """Which way a record came in."""

        APP = "app", "phone"
        IMPORT = "import", "import"
        ADMIN = "admin", "admin"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="+")
    habit = models.ForeignKey(Habit, on_delete=models.CASCADE, db_index=False, related_name="completions")
    day = models.DateField(help_text="The local calendar day on which it was done.")
    slot = models.CharField(
        max_length=DEVICE_LENGTH,
        default="",
        blank=True,
        db_collation="C",
        help_text="The device that counts here, for a counted habit; otherwise empty.",
    )
    client_id = models.CharField(max_length=64, editable=False, help_text="The identifier that phones use.")
    value = models.BigIntegerField(
        null=True, blank=True, help_text="Thousandths of a unit; a tick is 1000, “not done” is 0; empty: only a note."
    )
    skipped = models.BooleanField(default=False, help_text="Excused: neither done nor missed.")
    note = models.TextField(blank=True, max_length=LONGEST_TEXT)
    recorded_at = models.DateTimeField(null=True, editable=False, help_text="The instant of the tap, if it is known.")
    recorded_zone = models.CharField(max_length=64, default="", editable=False, help_text="The phone's zone then.")
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.APP)
    value_ms = models.BigIntegerField(default=0, editable=False)
    value_device = models.CharField(max_length=DEVICE_LENGTH, default="", db_collation="C", editable=False)
    note_ms = models.BigIntegerField(default=0, editable=False)
    note_device = models.CharField(max_length=DEVICE_LENGTH, default="", db_collation="C", editable=False)
    version = models.BigIntegerField(
        default=1, editable=False, help_text="The person's sync version at which phones have to fetch this row."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-day",)
        constraints = (
            # The person first: the nightly close reads one day of many people, whose rows lie together.
            models.UniqueConstraint(fields=["user", "day", "habit", "slot"], name="completion_cell_unique"),
            models.UniqueConstraint(fields=["user", "client_id"], name="completion_client_id_unique"),
            models.CheckConstraint(
                condition=models.Q(skipped=False) | models.Q(value__isnull=True), name="completion_skip_has_no_value"
            ),
        )
        indexes = (
            models.Index(fields=["habit", "day"], name="completion_history"),
            models.Index(fields=["user", "version"], name="completion_version"),
        )

    def __str__(self) -> str:
        return f"{self.habit_id} on {self.day}"


class CompletionAlias(models.Model):
    """Another identifier that a phone gave to a day which had one. Phones are told to delete it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="+")
    client_id = models.CharField(max_length=64)
    completion = models.ForeignKey(Completion, on_delete=models.CASCADE, related_name="aliases")
    version = models.BigIntegerField(help_text="The person's sync version at which phones have to delete it.")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "client_id"], name="completion_alias_unique"),)
        indexes = (models.Index(fields=["user", "version"], name="completion_alias_version"),)

    def __str__(self) -> str:
        return self.client_id
