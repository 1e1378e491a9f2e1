"""Has letters sent by a job, so that signing up works while the mail server does not."""

from __future__ import annotations

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db import transaction

from habits.models import Letter, User
from habits.tasks import send_letter


@transaction.atomic
def post(message: EmailMessage, user: User | None = None) -> list[Letter]:
    """Keep an e-mail for each of its recipients and enqueue the jobs that send them, all or nothing."""
    letters = [
        Letter.objects.create(
            user=user,
            recipient=recipient,
            sender=message.from_email,
            subject=str(message.subject)[:500],
            text=str(message.body),
            html=_html_of(message),
        )
        for recipient in message.recipients()
    ]
    send_letter.using(user=user).enqueue_many({"letter_id": letter.pk} for letter in letters)
    return letters


def _html_of(message: EmailMessage) -> str:
    parts = message.alternatives if isinstance(message, EmailMultiAlternatives) else []
    return next((str(content) for content, kind in parts if kind == "text/html"), "")
