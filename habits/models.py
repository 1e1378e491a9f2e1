"""People, what they want to do, and what they did on each local day."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower, Now

EVERY_DAY = 0b1111111
"""Weekday mask with all seven days; bit 0 is Monday."""


def new_client_id() -> str:
    """Make an identifier for a row that was not made by a phone."""
    return str(uuid.uuid4())


def validate_timezone(name: str) -> None:
    """Refuse a name that is not an IANA time zone."""
    if name not in available_timezones():
        raise ValidationError(f"“{name}” is not an IANA time zone such as Europe/Berlin.", code="timezone")


class UserManager(BaseUserManager["User"]):
    """Makes accounts that log in by e-mail address."""

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Give an address in lower case, which is how allauth looks accounts up."""
        return super().normalize_email(email).lower()

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make an account; without a password it cannot log in."""
        if not email:
            raise ValueError("An account needs an e-mail address.")
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make an account that may do everything in the admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """Find the account of an e-mail address, whatever its case."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person, and how their days and weeks are cut (`habits.domain.calendar`)."""

    email = models.EmailField("e-mail address", max_length=254)
    name = models.CharField(max_length=150, blank=True)
    is_staff = models.BooleanField("may use the admin", default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(db_default=Now(), editable=False)
    timezone = models.CharField(max_length=64, default="UTC", validators=[validate_timezone])
    day_start = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(360)], help_text="Minutes after midnight at which a new day begins."
    )
    week_start = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(6)], help_text="First day of the week; 0 is Monday."
    )
    locale = models.CharField(max_length=35, default="en", help_text="Language tag, such as en or de-AT.")

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = (
            models.UniqueConstraint(
                Lower("email"), name="user_email_unique", violation_error_message="This address has an account."
            ),
            models.CheckConstraint(condition=models.Q(day_start__lte=360), name="user_day_start_before_six"),
            models.CheckConstraint(condition=models.Q(week_start__lte=6), name="user_week_start_is_a_weekday"),
        )

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        """Normalise the address, also where a form of the admin gives it."""
        super().clean()
        self.email = type(self).objects.normalize_email(self.email)


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
    notes = models.TextField(blank=True, max_length=20_000)
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
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    completions_version = models.PositiveBigIntegerField(
        default=0,
        editable=False,
        help_text="Raised with every change of a completion; tells whether statistics are fresh.",
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

    def __str__(self) -> str:
        return self.name


class Completion(models.Model):
    """What a person recorded for one habit on one local day. No row: nothing is known of that day."""

    class Source(models.TextChoices):
        """Which way a record came in."""

        APP = "app", "phone"
        IMPORT = "import", "import"
        ADMIN = "admin", "admin"

    habit = models.ForeignKey(Habit, on_delete=models.CASCADE, related_name="completions")
    day = models.DateField(help_text="The local calendar day on which it was done.")
    value = models.BigIntegerField(
        null=True, blank=True, help_text="Thousandths of a unit; a tick is 1000, “not done” is 0; empty: only a note."
    )
    skipped = models.BooleanField(default=False, help_text="Excused: neither done nor missed.")
    note = models.TextField(blank=True, max_length=20_000)
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.APP)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-day",)
        constraints = (
            models.UniqueConstraint(fields=["habit", "day"], name="completion_one_a_day"),
            models.CheckConstraint(
                condition=models.Q(skipped=False) | models.Q(value__isnull=True), name="completion_skip_has_no_value"
            ),
        )

    def __str__(self) -> str:
        return f"{self.habit_id} on {self.day}"


class Backup(models.Model):
    """A file from another habit app, kept until an import job has read it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="backups")
    filename = models.CharField(max_length=255)
    content = models.BinaryField(null=True, help_text="Emptied once the import is done.")
    size = models.PositiveIntegerField(help_text="Bytes.")
    job_id = models.PositiveBigIntegerField(null=True, editable=False, help_text="The job that imports it.")
    uploaded_at = models.DateTimeField(db_default=Now(), editable=False)
    imported_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.filename
