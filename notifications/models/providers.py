"""How the ways to devices are doing, shared by all workers."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from notifications.domain import breaker as rules


class ProviderState(models.Model):
    """One transport: its breaker, its pace, and whether operators have paused it."""

    class Breaker(models.TextChoices):
        """Whether messages may pass; as `notifications.domain.breaker.State`."""

        CLOSED = "closed", "closed: messages pass"
        OPEN = "open", "open: nothing is sent"
        HALF_OPEN = "half_open", "half open: one message is on trial"

    transport = models.CharField(max_length=32, primary_key=True)
    breaker = models.CharField(max_length=10, choices=Breaker.choices, default=Breaker.CLOSED)
    breaker_reason = models.CharField(max_length=80, blank=True, help_text="What opened it.")
    recent = models.CharField(max_length=200, blank=True, help_text="The latest answers: . for good, x for bad.")
    failures = models.PositiveIntegerField(default=0, help_text="Times that it opened since it was last closed.")
    retry_at = models.DateTimeField(null=True, help_text="When a trial may be made, or is given up.")
    paused_until = models.DateTimeField(null=True, help_text="Operators want nothing sent before.")
    paused_reason = models.CharField(max_length=200, blank=True)
    pace = models.JSONField(default=dict, help_text="The bucket of `notifications.domain.pace`; seconds since 1970.")
    answered_at = models.DateTimeField(null=True, help_text="When an answer last came.")
    problem = models.CharField(max_length=300, blank=True, help_text="Why it cannot work as it is configured.")

    class Meta:
        permissions = (("operate_providerstate", "Can pause providers and close breakers"),)

    def __str__(self) -> str:
        return self.transport

    @property
    def breaker_now(self) -> rules.Breaker:
        """The breaker as the rules take it."""
        return rules.Breaker(
            state=rules.State(self.breaker),
            reason=self.breaker_reason,
            recent=self.recent,
            failures=self.failures,
            retry_at=self.retry_at,
        )

    def is_paused(self, now: datetime) -> bool:
        """Tell whether operators have paused it."""
        return self.paused_until is not None and now < self.paused_until
