"""Jobs in any state, and the console as different people see it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from focusjobs.jobs.models import Job
from habits.models import User

LIST = reverse("admin:jobs_job_changelist")


def make(state: str, task: str = "tests.add", **fields: Any) -> Job:
    now = timezone.now()
    if state == "active":
        fields = {"leased_until": now + timedelta(minutes=1), "started_at": now, "attempt": 1, **fields}
    elif state in ("completed", "failed", "cancelled"):
        fields = {"finished_at": now, "started_at": now - timedelta(seconds=2), "attempt": 1, **fields}
    job = Job.objects.create(task=task, queue="default", state=state, **fields)
    job.refresh_from_db()
    return job


def at(job: Job, name: str = "change") -> str:
    return reverse(f"admin:jobs_job_{name}", args=[job.pk])


def as_client(user: User | None) -> Client:
    client = Client()
    if user:
        client.force_login(user)
    return client


def text(response: Any) -> str:
    """What a page says, without its markup."""
    words = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", words)


def state_of(job: Job) -> str:
    return str(Job.objects.values_list("state", flat=True).get(pk=job.pk))
