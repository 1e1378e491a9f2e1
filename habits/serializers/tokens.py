"""API tokens."""

from __future__ import annotations

from rest_framework import serializers

from habits.models import ApiToken

from .people import ProofSerializer


class TokenSerializer(serializers.ModelSerializer[ApiToken]):
    """An API token, without the secret."""

    class Meta:
        model = ApiToken
        fields = ("id", "name", "created_at")


class NewTokenSerializer(ProofSerializer):
    """A token that is to be made."""

    name = serializers.CharField(default="", allow_blank=True, max_length=100, help_text="What it is for.")


class IssuedTokenSerializer(TokenSerializer):
    """A token that has just been made; it is not shown again."""

    token = serializers.CharField(read_only=True)

    class Meta(TokenSerializer.Meta):
        fields = (*TokenSerializer.Meta.fields, "token")  # type: ignore[assignment]
