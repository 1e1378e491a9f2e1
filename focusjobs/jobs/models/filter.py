"""Filters that people keep under a name."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class SavedFilter(models.Model):
    """A filter for jobs with a name, of one person or for all."""

    name = models.CharField(max_length=100)
    query = models.CharField(max_length=1000)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    shared = models.BooleanField(default=False, help_text="Shown to everybody who may look at jobs.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()
        ordering = ("name", "id")
        constraints = (models.UniqueConstraint(fields=["owner", "name"], name="savedfilter_name"),)

    def __str__(self) -> str:
        return self.name
