"""Where each habit stands, and what of it has to be worked out anew."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from habits.models import Habit


class HabitState(models.Model):
    """Where a habit stands at the end of the closed day `as_of`; meanings as in `analytics.domain.standing`.

    A cache: `analytics.rollups.following` makes it again, but for `made_on` and `archived_on`. The close of a day
    takes it a day further without looking back, for which it has what the habit asks for beside it.

    `archived_on` stays the first day when a later edit of another phone moves `Habit.archived_at`: both say that the
    habit is put away, and the days between were closed, and seen, without it. With the later day they would turn into
    days that were missed. An edit that takes the habit up again ends it (`HabitRest`). Where a phone that was offline
    took it up and put it away once more before it told, nobody else knows of the days between.

    No number is below 0, by the rules that write it, and every person exists, by its habit: constraints would be looked
    at for each row of each night.
    """

    habit = models.OneToOneField(Habit, on_delete=models.CASCADE, primary_key=True, related_name="state")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_constraint=False, related_name="+")
    completions_version = models.BigIntegerField(help_text="`Habit.completions_version` that it includes.")
    strength = models.FloatField(help_text="Habit strength, 0 to 1.")
    decay = models.FloatField()
    target = models.FloatField()
    window_sum = models.BigIntegerField()
    recent = models.BigIntegerField()
    computed_at = models.DateTimeField(auto_now=True, help_text="When it was last worked out from all records.")
    as_of = models.DateField(help_text="The closed day at whose end this holds.")
    made_on = models.DateField(help_text="The person's day on which it was made, in the zone of that time.")
    archived_on = models.DateField(null=True, help_text="Their day on which it was archived.")
    unsure_since = models.DateField(null=True, help_text="The first day that has to be closed again, looking back.")
    first_day = models.DateField(null=True)
    streak = models.IntegerField()
    streak_start = models.DateField(null=True)
    best_streak = models.IntegerField()
    best_streak_start = models.DateField(null=True)
    total = models.IntegerField()
    run_start = models.DateField(null=True)
    run_end = models.DateField(null=True)
    covered_until = models.DateField(null=True)
    days = models.SmallIntegerField()
    times = models.SmallIntegerField()
    skips = models.SmallIntegerField()
    weekdays = models.SmallIntegerField()
    ticks = models.BooleanField()
    at_most = models.BooleanField()
    doubled = models.BooleanField()

    def __str__(self) -> str:
        return f"{self.habit_id} as of {self.as_of}"


class DirtyMark(models.Model):
    """What of a person's statistics a change has outdated, until the job that follows the change has run."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="+")
    habit = models.ForeignKey(
        Habit,
        on_delete=models.CASCADE,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        help_text="Empty for focus sessions.",
    )
    since = models.DateField(
        null=True, help_text="The earliest day that changed; empty: every day may count otherwise."
    )
    marked_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = (models.Index(fields=["user"], name="dirty_mark_of_user"),)

    def __str__(self) -> str:
        return f"{self.habit_id} of {self.user_id} since {self.since}"


class HabitRest(models.Model):
    """Days on which a habit asked for nothing, since it was archived then; kept when it is taken up again."""

    habit = models.ForeignKey(Habit, on_delete=models.CASCADE, related_name="rests")
    first_day = models.DateField()
    last_day = models.DateField()

    def __str__(self) -> str:
        return f"{self.habit_id} from {self.first_day} to {self.last_day}"


class StreakEvent(models.Model):
    """A streak that broke or reached a milestone on a closed day."""

    class Kind(models.TextChoices):
        """What happened."""

        BROKEN = "broken", "broken"
        MILESTONE = "milestone", "milestone reached"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    habit = models.ForeignKey(
        Habit, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="streak_events"
    )
    day = models.DateField()
    kind = models.CharField(max_length=9, choices=Kind.choices)
    days = models.PositiveIntegerField(help_text="Days of the streak; of a broken one, those that it had had.")
    noted_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (models.UniqueConstraint(fields=["habit", "day", "kind"], name="streak_event_unique"),)
        indexes = (models.Index(fields=["user", "day"], name="streak_event_of_user"),)

    def __str__(self) -> str:
        return f"{self.kind} after {self.days} days, {self.habit_id} on {self.day}"
