"""A person's settings, and what concerns the account."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from habits.models import User
from habits.selectors import PROFILE_FIELDS, local_today


class ProfileSerializer(serializers.ModelSerializer[User]):
    """A person's settings."""

    today = serializers.SerializerMethodField(help_text="The day that it is for this person.")

    class Meta:
        model = User
        fields = (*PROFILE_FIELDS, "today")
        read_only_fields = ("email",)

    @extend_schema_field(serializers.DateField())
    def get_today(self, user: User) -> str:
        """Give the person's local day."""
        return local_today(user).isoformat()


class ProofSerializer(serializers.Serializer[Any]):
    """Proof that it is the person who asks."""

    password = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=1000,
        trim_whitespace=False,
        help_text="Not needed within minutes of a repeated log-in.",
    )


class JobNumberSerializer(serializers.Serializer[Any]):
    """A job that does what was asked for."""

    job = serializers.IntegerField(help_text="Its number, for support.")
