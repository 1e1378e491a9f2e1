"""Backups of other habit apps."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from rest_framework import serializers

from habits.models import Backup
from habits.services import MAX_BACKUP


class UploadSerializer(serializers.Serializer[Any]):
    """A file from another habit app."""

    file = serializers.FileField(max_length=255, help_text=f"Up to {MAX_BACKUP // 1024 // 1024} MiB.")

    def validate_file(self, file: UploadedFile) -> UploadedFile:
        """Refuse a file that is too large before it is read."""
        if (file.size or 0) > MAX_BACKUP:
            raise serializers.ValidationError(f"A backup has at most {MAX_BACKUP:,} bytes.", code="too_large")
        return file


class BackupQuerySerializer(serializers.Serializer[Any]):
    """The query of the list of backups. Where an import that is not done stands is its job's to tell."""

    imported = serializers.BooleanField(required=False, help_text="Only those whose import is done, or the others.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Give the query as lookups of backups."""
        return {"imported_at__isnull": not attrs["imported"]} if "imported" in attrs else {}


class BackupSerializer(serializers.ModelSerializer[Backup]):
    """A file from another habit app, and the job that imports it."""

    job = serializers.IntegerField(source="job_id", read_only=True, help_text="The job that imports it: `/jobs/{id}`.")

    class Meta:
        model = Backup
        fields = ("id", "filename", "size", "job", "uploaded_at", "imported_at")
