"""People, and how their days and weeks are cut."""

from __future__ import annotations

from typing import Any, ClassVar
from zoneinfo import available_timezones

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models.functions import Lower, Now


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
    closed_at = models.DateTimeField(
        null=True, editable=False, help_text="When the person deleted the account; a job erases it."
    )
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
            models.CheckConstraint(
                condition=models.Q(closed_at__isnull=True) | models.Q(is_active=False),
                name="user_closed_stays_closed",
                violation_error_message="This person has deleted the account; it cannot be opened again.",
            ),
        )
        indexes = (models.Index(fields=["closed_at"], name="user_closed", condition=models.Q(closed_at__isnull=False)),)

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        """Normalise the address, also where a form of the admin gives it; refuse to open a closed account."""
        super().clean()
        if self.closed_at and self.is_active:
            raise ValidationError({"is_active": "This person has deleted the account; it cannot be opened again."})
        self.email = type(self).objects.normalize_email(self.email)


class ApiToken(models.Model):
    """A secret with which a script acts as a person. Only its hash is stored, so it can be shown but once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    digest = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256 of the token, in hex.")
    name = models.CharField(max_length=100, blank=True, help_text="What it is for.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return self.name or f"token {self.pk}"
