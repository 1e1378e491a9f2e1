"""What the job layer does when an account goes: the jobs that ran on the person's behalf go with it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models.signals import pre_delete
from django.dispatch import receiver

from .domain.lifecycle import UNFINISHED
from .interventions import cancel
from .interventions.retention import delete_jobs
from .models import ErrorGroup, Job

REASON = "the account was deleted"
FORGOTTEN = "(of an account that was deleted)"


@receiver(pre_delete, sender=settings.AUTH_USER_MODEL, dispatch_uid="jobs.forget_jobs_of")
def forget_jobs_of(*, instance: Any, **_: Any) -> None:
    """End a person's jobs, also those that a worker holds, and delete them with arguments, results, errors and logs.

    An error group keeps its message, from which what differs from job to job was taken out, but not their words.
    Index: job_of_user.
    """
    theirs = Job.objects.filter(user=instance.pk)
    cancel(list(theirs.filter(state__in=UNFINISHED).values_list("pk", flat=True)), REASON, active=True)
    ErrorGroup.objects.filter(last_job_id__in=theirs.values("pk")).update(last_error=FORGOTTEN)
    delete_jobs(list(theirs.values_list("pk", "celery_id")))
