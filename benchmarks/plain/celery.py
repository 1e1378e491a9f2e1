"""Plain Celery with django-celery-results, as their documentation sets it up."""

from __future__ import annotations

import os

from celery import Celery

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.plain.settings"
app = Celery("plain")
app.config_from_object("django.conf:settings", namespace="CELERY")


@app.task(name="noop")
def noop(n: int, data: str) -> None:
    """Do nothing."""
