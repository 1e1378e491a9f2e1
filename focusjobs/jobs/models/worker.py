"""The workers that there are or were of late, and the releases that they ran."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Worker(models.Model):
    """A Celery worker, which renews its row every few seconds; one that stops doing so is shown as silent."""

    name = models.CharField(max_length=200, primary_key=True, help_text="Celery's name of it.")
    host = models.CharField(max_length=200)
    pid = models.PositiveIntegerField()
    processes = ArrayField(models.PositiveIntegerField(), default=list, help_text="Those of its pool.")
    queues = ArrayField(models.CharField(max_length=100), default=list)
    concurrency = models.PositiveIntegerField(default=1)
    release = models.CharField(max_length=100, blank=True)
    memory = models.PositiveBigIntegerField(null=True, help_text="Bytes, of all its processes.")
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, help_text="When it stopped in good order.")

    class Meta:
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.name


class Release(models.Model):
    """A release that a worker has run; when it was first seen orders those whose names have no order."""

    name = models.CharField(max_length=100, primary_key=True)
    first_seen = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
