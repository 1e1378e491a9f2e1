"""What answers mean for devices: which are retired, which are left in peace for a while, and which are only doubted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet

from notifications.domain.breaker import SAMPLE
from notifications.models import Device, ProviderState
from notifications.transports import Action, Fate, Outcome

from .held import Held
from .statements import RETIRE

FEW = 0.02
"""The share of bad answers up to which an address that the provider calls wrong is believed to be the culprit."""

DOUBTS = 3
"""Times in a row that an address is called wrong, after which it is retired though little else was sent to judge by."""

Answered = Sequence[tuple[Held, Outcome]]


def learn_of_devices(answered: Answered, state: ProviderState, now: datetime) -> None:
    """Retire, doubt or spare the devices that were sent to. `state` has taken these answers in already."""
    of_devices = [(held, outcome) for held, outcome in answered if held.device_id is not None]
    gone = [(held, outcome.dead_since) for held, outcome in of_devices if outcome.action == Action.RETIRE]
    retire(gone, Device.Reason.GONE, now)
    _doubt([held for held, outcome in of_devices if outcome.action == Action.RETIRE_IF_FEW], state, now)
    for held, outcome in of_devices:
        if outcome.action == Action.DELAY and outcome.retry_after:
            _devices([held]).update(wait_until=now + outcome.retry_after)
    _trust([held for held, outcome in of_devices if outcome.fate == Fate.OK and held.doubts])


def retire(gone: Sequence[tuple[Held, datetime | None]], reason: str, now: datetime) -> int:
    """Send nothing more to devices, unless they have registered since the claim, or since they were found dead.

    Answers how many were retired. Their addresses are forgotten.
    """
    if not gone:
        return 0
    columns: dict[str, Any] = {
        "ids": [held.device_id for held, _ in gone],
        "registered": [held.registered_at for held, _ in gone],
        "dead_since": [since for _, since in gone],
    }
    with connection.cursor() as cursor:
        cursor.execute(RETIRE, {**columns, "reason": str(reason), "now": now})
        return int(cursor.rowcount)


def _doubt(doubtful: Sequence[Held], state: ProviderState, now: datetime) -> None:
    """Retire devices whose addresses are called wrong, if they are exceptions; else the configuration is to blame."""
    bad, answers = state.recent.count("x"), len(state.recent)
    if answers >= SAMPLE and bad <= FEW * answers:
        retire([(held, None) for held in doubtful], Device.Reason.DOUBTFUL, now)
        return
    _devices(doubtful).update(doubts=F("doubts") + 1)
    old = [(held, None) for held in doubtful if (held.doubts or 0) + 1 >= DOUBTS and bad < answers]
    retire(old, Device.Reason.DOUBTFUL, now)


def _trust(trusted: Sequence[Held]) -> None:
    if trusted:
        _devices(trusted).update(doubts=0)


def _devices(held: Iterable[Held]) -> QuerySet[Device]:
    return Device.objects.filter(pk__in=[one.device_id for one in held if one.device_id is not None])
