"""What operators do to the ways to devices."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from notifications import clock
from notifications.delivery import gate
from notifications.models import ProviderState
from notifications.tasks import deliver_by


@transaction.atomic
def pause_provider(*, transport: str, until: datetime, reason: str) -> ProviderState:
    """Send nothing through a transport before a time; what is due then and not too late goes out after it."""
    state = gate.locked(transport)
    state.paused_until, state.paused_reason = until, reason
    state.save(update_fields=["paused_until", "paused_reason"])
    return state


@transaction.atomic
def resume_provider(*, transport: str) -> ProviderState:
    """End a pause."""
    state = gate.locked(transport)
    state.paused_until, state.paused_reason = None, ""
    state.save(update_fields=["paused_until", "paused_reason"])
    deliver_by([transport])
    return state


@transaction.atomic
def close_breaker(*, transport: str) -> ProviderState:
    """Send again after what opened the breaker was mended, without waiting for the next trial."""
    state = gate.locked(transport)
    gate.close(state, clock.now())
    deliver_by([transport])
    return state
