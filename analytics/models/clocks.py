"""When people's days end.

A narrow table of its own, and with no index more than the close reads: every row of it is written every night.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models


class UserClock(models.Model):
    """Up to which day a person's statistics are closed, and when the open day ends.

    Whoever writes statistics of a person holds the lock of this row. Zone, start of day and first weekday are the
    person's, as they were when the open day's end was set.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="clock"
    )
    began_at = models.DateTimeField(help_text="When the open day began.")
    next_rollover_at = models.DateTimeField(help_text="When the open day ends.")
    focused_at = models.DateTimeField(null=True, help_text="Start of the latest focus session.")
    last_closed = models.DateField(help_text="The last local day whose statistics are closed.")
    week_first = models.DateField(help_text="First day of the week that the open day is in.")
    week_last = models.DateField(help_text="Last day of that week.")
    day_start = models.PositiveSmallIntegerField(help_text="Minutes after midnight.")
    week_start = models.PositiveSmallIntegerField(help_text="0 is Monday; holds from the next week.")
    neutral = models.BooleanField(default=False, help_text="The open day was cut short or stretched.")
    zone = models.CharField(max_length=64)

    class Meta:
        indexes = (models.Index(fields=["next_rollover_at"], name="clock_due"),)

    def __str__(self) -> str:
        return f"{self.user_id} closed up to {self.last_closed}"
