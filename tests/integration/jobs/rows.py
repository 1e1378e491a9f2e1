"""Rows of the ledger in whatever state a test needs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.db.models.functions import Now

from focusjobs.jobs.domain.lifecycle import FINISHED, State
from focusjobs.jobs.models import Job
from tests import tasks


def job_in(state: State, **fields: Any) -> Job:
    """Write a job in a state, as the ledger would have left it."""
    fields = {"task": tasks.add.name, "queue": "default", "arguments": {"x": 1, "y": 2}, **fields}
    if state in FINISHED:
        fields.setdefault("finished_at", Now())
    if state == State.ACTIVE:
        fields |= {"leased_until": Now() + timedelta(seconds=30), "started_at": Now(), "worker": "w", "attempt": 1}
    fields.setdefault("run_at", datetime(2100 if state == State.DELAYED else 2026, 1, 1, tzinfo=UTC))
    job = Job.objects.create(state=state, **fields)
    job.refresh_from_db()
    return job


def made_groups() -> list[str]:
    """Name the rows that tasks of tests have made: groups, but for those that the console's rights are given by."""
    return list(Group.objects.filter(permissions=None).order_by("name").values_list("name", flat=True))
