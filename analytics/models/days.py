"""What people's closed days, weeks and months came to."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from analytics.domain.outcomes import Figures, Outcome


class UserDay(models.Model):
    """A person's closed day. One on which nothing was asked for and nothing was done has no row.

    When it began and ended and whether it is neutral are facts of the close. All else follows from records, habits and
    focus sessions. The day comes first in the key, so that a night's rows are written side by side.
    """

    pk = models.CompositePrimaryKey("day", "user_id")
    # Whoever inserts holds the lock of the person's clock, and a trigger deletes the days with it. A constraint would
    # cost a look at the person for every row, an index on the person a page of its own.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    first_at = models.DateTimeField(null=True, help_text="The first tap of what was recorded of the day.")
    last_at = models.DateTimeField(null=True, help_text="The last one.")
    strength = models.FloatField(null=True, help_text="Mean strength of the habits.")
    day = models.DateField()
    focus_seconds = models.PositiveIntegerField(default=0)
    focus_longest = models.PositiveIntegerField(default=0, help_text="Seconds of the longest session.")
    focus_sessions = models.PositiveSmallIntegerField(default=0)
    due = models.PositiveSmallIntegerField()
    done = models.PositiveSmallIntegerField(help_text="Of those due.")
    skipped = models.PositiveSmallIntegerField(help_text="Of those due.")
    missed = models.PositiveSmallIntegerField(help_text="Of those due.")
    extra = models.PositiveSmallIntegerField(help_text="Done without being due.")
    neutral = models.BooleanField()
    habits = ArrayField(models.BigIntegerField(), help_text="The habits that counted; the next two in their order.")
    outcomes = ArrayField(models.SmallIntegerField(), help_text="`analytics.domain.outcomes.Outcome` of each.")
    strengths = ArrayField(models.FloatField(), help_text="Strength of each at the end of the day.")

    class Meta:
        indexes = (models.Index(fields=["user"], condition=models.Q(neutral=True), name="user_day_neutral"),)

    def __str__(self) -> str:
        return f"{self.user_id} on {self.day}"

    @property
    def figures(self) -> Figures:
        """The counts, with what follows from them."""
        return Figures(self.due, self.done, self.skipped, self.missed, self.extra, self.strength)

    @property
    def by_habit(self) -> dict[int, tuple[Outcome, float]]:
        """Outcome and strength of each habit that counted."""
        pairs = zip(map(Outcome, self.outcomes), self.strengths, strict=True)
        return dict(zip(self.habits, pairs, strict=True))

    @property
    def broken(self) -> int:
        """How many streaks of some length ended."""
        return sum(Outcome.BROKEN in Outcome(outcome) for outcome in self.outcomes)


class Totals(models.Model):
    """What a person's days of a period came to."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    first_day = models.DateField()
    last_day = models.DateField()
    days = models.PositiveSmallIntegerField(help_text="Days of which there are statistics.")
    due = models.PositiveIntegerField()
    done = models.PositiveIntegerField()
    skipped = models.PositiveIntegerField()
    missed = models.PositiveIntegerField()
    extra = models.PositiveIntegerField()
    perfect_days = models.PositiveSmallIntegerField()
    broken = models.PositiveIntegerField(help_text="Streaks that ended.")
    focus_seconds = models.PositiveIntegerField()
    focus_longest = models.PositiveIntegerField()
    focus_sessions = models.PositiveIntegerField()
    strength = models.FloatField(null=True, help_text="Mean strength of the habits at the end.")
    best_day = models.DateField(null=True, help_text="The day with the highest rate, the earliest of several.")
    worst_day = models.DateField(null=True)
    best_weekday = models.SmallIntegerField(null=True, help_text="Of the latest 28 days; 0 is Monday.")
    best_hour = models.SmallIntegerField(null=True, help_text="Local hour with most taps in the latest 28 days.")
    best_streak = models.PositiveIntegerField(null=True)
    best_streak_habit = models.BigIntegerField(null=True)
    top_habit = models.BigIntegerField(null=True, help_text="The habit whose strength rose most …")
    top_change = models.FloatField(null=True, help_text="… and by how much.")
    slipping_habit = models.BigIntegerField(null=True, help_text="The habit whose strength fell most …")
    slipping_change = models.FloatField(null=True, help_text="… and by how much, below 0.")
    categories = models.JSONField(default=dict, help_text="By category: how many were due, done and skipped.")
    computed_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.user_id} from {self.first_day}"

    @property
    def rate(self) -> float | None:
        """Share of what was due and not skipped that was done; None where nothing was."""
        return Figures(due=self.due, done=self.done, skipped=self.skipped).rate


class UserWeek(Totals):
    """A person's week, by the date of its first day; weeks begin on the weekday that the person chose."""

    pk = models.CompositePrimaryKey("user_id", "first_day")


class UserMonth(Totals):
    """A person's calendar month."""

    pk = models.CompositePrimaryKey("user_id", "first_day")
