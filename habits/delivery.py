"""Sends letters: e-mails about accounts, which wait in the database so that nobody waits for a mail server."""

from __future__ import annotations

from datetime import timedelta

from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from habits.models import Letter

KEEP_LETTERS = timedelta(days=3)
"""How long a letter that cannot be sent is kept; the keys in it are valid for no longer."""


def deliver(letter_id: int) -> bool:
    """Send a letter and forget it; False where it is gone. A crash between the two sends it twice.

    Raises what the mail server or the way to it says.
    """
    letter = Letter.objects.filter(pk=letter_id).first()
    if letter is None:
        return False
    message = EmailMultiAlternatives(letter.subject, letter.text, letter.sender, [letter.recipient])
    if letter.html:
        message.attach_alternative(letter.html, "text/html")
    message.send()
    letter.delete()
    return True


def forget_letters() -> int:
    """Delete letters that nobody could send in time; answer how many. Index: the one of `written_at`."""
    return Letter.objects.filter(written_at__lt=timezone.now() - KEEP_LETTERS).delete()[0]
