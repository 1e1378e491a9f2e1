"""Letters about accounts, as they come out of the jobs that send them."""

from __future__ import annotations

from django.core import mail
from django.core.mail import EmailMessage

from focusjobs.jobs.models import Job
from habits.tasks import send_letter


def sent_letters() -> list[EmailMessage]:
    """Do what the waiting jobs would do, and give what has been sent in this test."""
    for job in Job.objects.unfinished().filter(task=send_letter.name).order_by("id"):
        send_letter(**job.arguments)
    return mail.outbox
