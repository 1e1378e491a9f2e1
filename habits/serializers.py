"""What the REST interface of the habits app takes and gives."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from habits.domain.records import THOUSANDTHS
from habits.models import ApiToken, Backup, Habit, User
from habits.selectors import RecordedDay, local_today
from habits.services import MAX_BACKUP

LARGEST = 1e12
"""The largest amount and position, in either direction; above it, doubles and thousandths lose precision."""

CLIENT_ID = r"[A-Za-z0-9_.-]{1,64}"
"""Identifiers that a phone may choose."""


@extend_schema_field({"type": "number", "minimum": 0, "maximum": LARGEST, "multipleOf": 0.001})
class ThousandthsField(serializers.Field[int, float, int | float, Any]):
    """An amount in units of its habit, with three decimals; an integer number of thousandths inside."""

    default_error_messages = {  # noqa: RUF012 - REST framework's way
        "invalid": "A number is required, such as 1 or 2.5.",
        "range": f"An amount is from 0 to {LARGEST:.0e}.",
        "decimals": "An amount has at most three decimals.",
    }

    def to_internal_value(self, data: Any) -> int:
        """Give the thousandths in a JSON number."""
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        if not 0 <= data <= LARGEST:
            self.fail("range")
        thousandths = Decimal(str(data)) * THOUSANDTHS
        if thousandths != int(thousandths):
            self.fail("decimals")
        return int(thousandths)

    def to_representation(self, value: int) -> int | float:
        """Give a JSON number, without decimals where there are none."""
        return value // THOUSANDTHS if value % THOUSANDTHS == 0 else value / THOUSANDTHS


class ArchivedField(serializers.BooleanField):
    """Whether a habit is archived; the server keeps the instant of it."""

    def get_attribute(self, instance: Habit) -> bool:
        """Tell whether it is."""
        return instance.archived_at is not None


class ProfileSerializer(serializers.ModelSerializer[User]):
    """A person's settings."""

    today = serializers.SerializerMethodField(help_text="The day that it is for this person.")

    class Meta:
        model = User
        fields = ("email", "name", "timezone", "day_start", "week_start", "locale", "today")
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


class ExportSerializer(serializers.Serializer[Any]):
    """The file of all that is kept about a person."""

    job = serializers.IntegerField(allow_null=True, help_text="The job that makes it: `/jobs/{id}`.")
    state = serializers.ChoiceField(("making", "ready", "failed"))
    requested_at = serializers.DateTimeField()
    made_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True, help_text="When the file is deleted.")
    size = serializers.IntegerField(allow_null=True, help_text="Bytes.")
    file = serializers.URLField(allow_null=True, help_text="Where it is; null until it is made.")


class UploadSerializer(serializers.Serializer[Any]):
    """A file from another habit app."""

    file = serializers.FileField(max_length=255, help_text=f"Up to {MAX_BACKUP // 1024 // 1024} MiB.")

    def validate_file(self, file: UploadedFile) -> UploadedFile:
        """Refuse a file that is too large before it is read."""
        if (file.size or 0) > MAX_BACKUP:
            raise serializers.ValidationError(f"A backup has at most {MAX_BACKUP:,} bytes.", code="too_large")
        return file


class BackupSerializer(serializers.ModelSerializer[Backup]):
    """A file from another habit app, and the job that imports it."""

    job = serializers.IntegerField(source="job_id", read_only=True, help_text="The job that imports it: `/jobs/{id}`.")

    class Meta:
        model = Backup
        fields = ("id", "filename", "size", "job", "uploaded_at", "imported_at")


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


class HabitSerializer(serializers.ModelSerializer[Habit]):
    """A habit as the phone knows it: its `id` is the one that a phone made."""

    id = serializers.CharField(source="client_id", read_only=True)
    color = serializers.RegexField(
        r"^#[0-9a-fA-F]{6}\Z",
        required=False,
        allow_blank=True,
        help_text="As #rrggbb.",
        error_messages={"invalid": "A colour is written as #rrggbb."},
    )
    archived = ArchivedField(required=False)

    class Meta:
        model = Habit
        fields = (
            *("id", "name", "question", "notes", "category", "color", "kind"),
            *("freq_num", "freq_den", "weekdays", "target_type", "target_value", "unit"),
            *("reminder_time", "reminder_weekdays", "position", "archived", "created_at", "updated_at"),
        )
        read_only_fields = ("created_at", "updated_at")
        extra_kwargs = {  # noqa: RUF012 - REST framework's way
            "target_value": {"max_value": LARGEST},
            "position": {"min_value": -LARGEST, "max_value": LARGEST},
        }


class HabitQuerySerializer(serializers.Serializer[Any]):
    """The query of the list of habits."""

    archived = serializers.BooleanField(required=False, help_text="Only archived ones, or only the others.")
    category = serializers.CharField(required=False, allow_blank=True, max_length=100, help_text="Only those in it.")
    updated_since = serializers.DateTimeField(required=False, help_text="Only those that changed then or later.")

    def lookups(self) -> dict[str, Any]:
        """Give the filter of what is valid."""
        names = {"category": "category", "updated_since": "updated_at__gte"}
        found = {names[name]: value for name, value in self.validated_data.items() if name in names}
        if "archived" in self.initial_data:
            found["archived_at__isnull"] = not self.validated_data["archived"]
        return found


class NewHabitSerializer(HabitSerializer):
    """A habit that a phone makes, with an `id` of its own choice so that it can repeat the request."""

    id = serializers.RegexField(
        rf"^{CLIENT_ID}\Z",
        source="client_id",
        required=False,
        help_text="Chosen by the phone, such as a UUID.",
        error_messages={"invalid": "An id has 1 to 64 letters, digits or any of _ . -"},
    )


class CompletionSerializer(serializers.Serializer[RecordedDay]):
    """What was recorded of a day, by all devices together. Putting it replaces the day's record as a whole."""

    day = serializers.DateField(read_only=True)
    value = ThousandthsField(required=False, allow_null=True, default=None, help_text="1 is a tick, 0 is “not done”.")
    skipped = serializers.BooleanField(default=False, help_text="Excused: neither done nor missed.")
    note = serializers.CharField(default="", allow_blank=True, max_length=20_000)
    source = serializers.CharField(  # type: ignore[assignment]  # a field of that name is meant
        read_only=True, help_text="Which way it came in: app, import or admin."
    )
    updated_at = serializers.DateTimeField(read_only=True)


class DayRangeSerializer(serializers.Serializer[Any]):
    """The query of a list of days: `from` and `to`, both included and both optional."""

    def get_fields(self) -> dict[str, serializers.Field]:
        """Give the fields; one of them has a name that Python keeps for itself."""
        return {
            "from": serializers.DateField(required=False, help_text="The first day; otherwise all days before `to`."),
            "to": serializers.DateField(required=False, help_text="The last day; otherwise all days after `from`."),
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a range that ends before it begins."""
        if "from" in attrs and "to" in attrs and attrs["from"] > attrs["to"]:
            raise serializers.ValidationError({"to": "The last day is before the first."})
        return attrs


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
