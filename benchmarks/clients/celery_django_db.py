"""Enqueues with plain Celery; a job is completed when django-celery-results has its row."""

from __future__ import annotations

import time

import django

from benchmarks.plain.celery import app, noop

django.setup()

from django_celery_results.models import TaskResult  # noqa: E402 - after the setup

TaskResult.objects.all().delete()  # of the product's schedules, whose worker ran before on the same database
DATA = "x" * 100
sent = 0


def bulk(kind: str, jobs: int, size: int) -> float:
    """Send jobs one by one, which is all that Celery offers, over one connection."""
    global sent
    start = time.monotonic()
    with app.producer_or_acquire() as producer:
        for n in range(jobs):
            noop.apply_async(kwargs={"n": n, "data": DATA}, producer=producer)
    sent += jobs
    return time.monotonic() - start


def drained() -> bool:
    """Tell whether all that was sent has its result."""
    return completed() == sent


def completed() -> int:
    """Count results."""
    return TaskResult.objects.filter(status="SUCCESS").count()


def clear() -> None:
    """Forget all results."""
    global sent
    sent = 0
    TaskResult.objects.all().delete()
