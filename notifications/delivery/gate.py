"""Whether a transport may be used now, and how much: its breaker, its pace, and what operators say, for all workers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings

from notifications.domain.breaker import Breaker
from notifications.domain.pace import Pace
from notifications.models import ProviderState
from notifications.transports import Action, Fate, Outcome

DEFAULT = "default"
"""In PUSH_RATES: the rate of transports that have none of their own."""

FALLBACK_RATE = 1000.0


@dataclass(frozen=True, slots=True)
class Permit:
    """How many messages may be sent now."""

    count: int
    wait: timedelta | None = None
    """Where that is none: when to ask again."""
    is_trial: bool = False


def locked(transport: str) -> ProviderState:
    """Give a transport's state, locked until the end of the transaction; made if there is none."""
    found = ProviderState.objects.select_for_update().filter(transport=transport).first()
    if found is None:
        ProviderState.objects.bulk_create([ProviderState(transport=transport)], ignore_conflicts=True)
        found = ProviderState.objects.select_for_update().get(transport=transport)
    return found


def permit(state: ProviderState, wanted: int, now: datetime) -> Permit:
    """Say how many of the wanted messages may be sent; that it was asked is noted, for the ramp begins with that."""
    if state.is_paused(now):
        assert state.paused_until is not None  # noqa: S101 - it is paused
        return Permit(0, state.paused_until - now)
    allowed = state.breaker_now.allowance(now)
    if allowed == 0:
        return Permit(0, max((state.retry_at or now) - now, timedelta(seconds=1)))
    moment = now.timestamp()
    pace = pace_of(state, now)
    granted, _ = pace.take(1 if allowed else wanted, moment)
    if granted:
        return Permit(granted, is_trial=allowed == 1)
    _, asked = pace.take(0, moment)
    state.pace = asdict(asked)
    state.save(update_fields=["pace"])
    return Permit(0, timedelta(seconds=max(asked.wait(moment), 0.01)))


def use(state: ProviderState, given: Permit, count: int, now: datetime) -> None:
    """Note that so many messages are about to be sent."""
    _, pace = pace_of(state, now).take(count, now.timestamp())
    state.pace = asdict(pace)
    if given.is_trial and count:
        _set_breaker(state, state.breaker_now.begin_trial(now))
    state.save()


def learn(state: ProviderState, outcomes: Iterable[Outcome], now: datetime) -> None:
    """Take answers into account: open or close the breaker, pause, slow down."""
    outcomes = list(outcomes)
    _set_breaker(state, state.breaker_now.record([(one.verdict, one.code) for one in outcomes], now))
    pace = pace_of(state, now)
    for outcome in outcomes:
        if outcome.action == Action.PAUSE:
            pace = _paused(pace, outcome, now)
    state.pace, state.answered_at, state.problem = asdict(pace), now, ""
    state.save()


def _paused(pace: Pace, outcome: Outcome, now: datetime) -> Pace:
    """Send nothing for a while; a quota slows down as well."""
    seconds = (outcome.retry_after or timedelta(0)).total_seconds()
    if outcome.fate == Fate.THROTTLED:
        return pace.slowed(now.timestamp(), seconds)
    return replace(pace, paused_until=max(pace.paused_until, now.timestamp() + seconds))


def pace_of(state: ProviderState, now: datetime) -> Pace:
    """Give a transport's pace, at the rate that is configured now."""
    full = rate_of(state.transport)
    if not state.pace:
        return Pace.starting(full, now.timestamp())
    return replace(Pace(**state.pace), full=full)


def rate_of(transport: str) -> float:
    """Give the messages a second that a transport is allowed at most."""
    rates = settings.PUSH_RATES
    return float(rates.get(transport, rates.get(DEFAULT, FALLBACK_RATE)))


def _set_breaker(state: ProviderState, breaker: Breaker) -> None:
    state.breaker, state.breaker_reason = str(breaker.state), breaker.reason[:80]
    state.recent, state.failures, state.retry_at = breaker.recent, breaker.failures, breaker.retry_at


def close(state: ProviderState, now: datetime) -> None:
    """Close the breaker by hand: what it has learnt is forgotten, and the rate begins to rise anew."""
    _set_breaker(state, Breaker())
    state.pace, state.problem = asdict(Pace.starting(rate_of(state.transport), now.timestamp())), ""
    state.save()
