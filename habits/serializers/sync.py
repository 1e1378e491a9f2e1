"""The answers to phones that sync; what they send is checked by `habits.sync`."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class ProblemSerializer(serializers.Serializer[Any]):
    """A row of a push that is refused."""

    table = serializers.CharField()
    id = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class TableChangesSerializer(serializers.Serializer[Any]):
    """What changed in one table, as WatermelonDB has it."""

    created = serializers.ListField(child=serializers.DictField())
    updated = serializers.ListField(child=serializers.DictField())
    deleted = serializers.ListField(child=serializers.CharField())


class ChangesSerializer(serializers.Serializer[Any]):
    """What changed, by table."""

    habits = TableChangesSerializer()
    completions = TableChangesSerializer()


class PullSerializer(serializers.Serializer[Any]):
    """The answer to a pull."""

    changes = ChangesSerializer()
    timestamp = serializers.IntegerField(help_text="The version that the phone has with this; its next cursor.")
    experimentalStrategy = serializers.CharField(required=False, help_text="`replacement`: this is everything.")


class PushStatusSerializer(serializers.Serializer[Any]):
    """Where a push stands."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(("queued", "done", "failed"))
    merged_version = serializers.IntegerField(allow_null=True)
    experimentalRejectedIds = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    problems = ProblemSerializer(many=True)
    status_url = serializers.URLField(required=False, help_text="With 202: where to ask again.")
    timestamp = serializers.IntegerField(required=False, help_text="With 200: the version of the merge.")
    changes = ChangesSerializer(required=False, help_text="With 200: rows that are otherwise than they were pushed.")
