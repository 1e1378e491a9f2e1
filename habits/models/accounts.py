"""What an account has beside habits: letters on their way to its address, and a file of all its data."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone


class Letter(models.Model):
    """An e-mail about an account, such as one that confirms its address; kept until a job has sent it.

    Its text may hold a key that resets a password, which is why it is here and not among the arguments of the job.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    recipient = models.EmailField(max_length=254)
    sender = models.CharField(max_length=320)
    subject = models.CharField(max_length=500)
    text = models.TextField()
    html = models.TextField(blank=True)
    written_at = models.DateTimeField(db_default=Now(), db_index=True)

    def __str__(self) -> str:
        return f"letter {self.pk}"


class Export(models.Model):
    """A file of all that is kept about a person, made by a job when they ask for it. Each has one at most."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="export"
    )
    job_id = models.PositiveBigIntegerField(null=True, help_text="The job that makes the file, or made it.")
    requested_at = models.DateTimeField(db_default=Now())
    content = models.BinaryField(null=True, help_text="A ZIP file.")
    size = models.PositiveBigIntegerField(null=True, help_text="Bytes.")
    made_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True, db_index=True, help_text="When the file is deleted.")

    def __str__(self) -> str:
        return f"export of {self.user_id}"

    @property
    def is_ready(self) -> bool:
        """Tell whether there is a file that has not expired."""
        return self.made_at is not None and self.expires_at is not None and self.expires_at > timezone.now()
