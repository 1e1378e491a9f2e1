"""Sends what is due through one transport, until nothing is left or the time is up."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from notifications import clock
from notifications.addresses import Undecipherable
from notifications.models import ProviderState
from notifications.transports import (
    Action,
    ConfigurationError,
    Outcome,
    Outgoing,
    Transport,
    UnknownTransport,
    transport_for,
)

from .claiming import claim, wait_for_next
from .consequences import Consequence, State
from .held import Held
from .messages import message_of
from .rechecking import Wanted, recheck
from .recording import record, write

logger = logging.getLogger(__name__)

SHORT = timedelta(seconds=2)
"""A wait, for the pace or for what is to be repeated, that is waited for; after a longer one another job goes on."""

MISCONFIGURED = timedelta(seconds=60)
"""When a transport is tried again that cannot work as it is configured."""

HOLDS_BACK = frozenset({Action.STOP, Action.PAUSE})


@dataclass(slots=True)
class Progress:
    """What sending has come to."""

    counts: Counter[str] = field(default_factory=Counter)
    """Deliveries by the state that they got."""
    is_done: bool = False
    """Nothing is due any more."""
    wait: timedelta | None = None
    """When to go on, where the transport may not be used now."""


def send_due(transport: str, seconds: float, is_wanted: Callable[[], bool] = lambda: True) -> Progress:
    """Send what is due. is_wanted: asked before each batch."""
    progress = Progress()
    try:
        way = transport_for(transport)
    except (UnknownTransport, ConfigurationError) as error:
        _note_problem(transport, str(error))
        progress.wait = MISCONFIGURED
        return progress
    deadline = time.monotonic() + seconds
    while is_wanted() and time.monotonic() < deadline:
        batch = claim(transport, clock.now())
        if batch.held:
            progress.counts += _send(way, batch.held)
            continue
        wait = batch.wait or wait_for_next(transport, clock.now())
        if wait is None or wait > SHORT:
            progress.is_done, progress.wait = wait is None, wait
            break
        time.sleep(wait.total_seconds())
    return progress


def _send(way: Transport, claimed: Sequence[Held]) -> Counter[str]:
    """Send one batch, and write what became of it as it becomes known."""
    now = clock.now()
    wanted, dropped = recheck(claimed, now)
    feed = Feed(wanted)
    counts = write(dropped, now)
    for group in way.send_in_groups(feed):
        answered = [(feed.held(name), outcome) for name, outcome in group]
        feed.listen(outcome for _, outcome in answered)
        counts += record(way.name, answered, clock.now())
    return counts + write(feed.left_over(), clock.now())


class Feed:
    """The messages of a batch, made when the transport asks for them; it dries up where the transport is held back."""

    def __init__(self, wanted: Sequence[Wanted]) -> None:
        self._wanted = wanted
        self._held = {one.held.id: one.held for one in wanted}
        self._is_dry = self._is_any_unreadable = False
        self._unsent: list[tuple[Held, Consequence]] = []

    def __iter__(self) -> Iterator[Outgoing]:
        for one in self._wanted:
            if self._is_dry:
                self._unsent.append((one.held, Consequence(state=State.PENDING, code="held_back", refund=1)))
                continue
            try:
                yield message_of(one)
            except Undecipherable as error:
                if not self._is_any_unreadable:  # one line a batch: with a lost key it is all of them
                    self._is_any_unreadable = True
                    logger.error("addresses cannot be read", extra={"problem": str(error)})
                self._unsent.append((one.held, Consequence(state=State.SUPPRESSED, code="undecipherable", refund=1)))

    def held(self, name: UUID) -> Held:
        """Give the delivery of a message."""
        return self._held[name]

    def listen(self, outcomes: Iterator[Outcome]) -> None:
        """Feed nothing more after an answer by which the transport is not to be used now."""
        self._is_dry = self._is_dry or any(outcome.action in HOLDS_BACK for outcome in outcomes)

    def left_over(self) -> list[tuple[Held, Consequence]]:
        """Give what was not handed to the transport."""
        return self._unsent


def _note_problem(transport: str, problem: str) -> None:
    logger.error("a transport cannot be used", extra={"transport": transport, "problem": problem})
    ProviderState.objects.update_or_create(transport=transport, defaults={"problem": problem[:300]})
