"""What follows for a delivery from what became of its message: the policy of “at most one visible”.

Nobody can make a provider take a message exactly once: where an answer is lost, either nothing more is sent and the
message may be missing, or it is sent again and the device gets two. Reminders are sent again, once, under the same
identifiers: the second replaces the first on the screen (APNs' collapse id, Android's tag, the Topic of Web Push), and
an app drops it by `delivery_id`. What does not replace itself is not repeated; it is in the inbox.

| known | then |
|---|---|
| taken | sent |
| refused, and would be again | rejected |
| certainly had no effect | pending again; the attempt does not count |
| may have been delivered | once more if it replaces itself and there is time, else unknown |
| the sender vanished after the claim | the same, up to `MOST_LOST` attempts: most of them were never sent |

Nothing is ever tried at or after `not_after`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from notifications.domain.kinds import MANNERS, Kind
from notifications.models import Delivery
from notifications.transports import Action, Fate, Outcome

State = Delivery.State

MOST_ATTEMPTS = 2
"""Times that a message may reach a provider whose answers are lost."""

MOST_LOST = 10
"""Times that it may be claimed by senders that vanish: a message that kills its sender must not do so for ever. Most
of what a killed sender held was never sent, so that this is no measure of what a device gets; with 4, a storm of twelve
kills in 3,000 deliveries left some that nobody had ever sent."""

PATIENT_AFTER = 3
"""Claims without effect after which the next one waits, so that a server that refuses everything is left in peace."""

LONGEST_WAIT = timedelta(seconds=60)

LOST = "lost"
"""The code of deliveries whose sender has vanished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """What is written about a delivery."""

    state: str
    code: str = ""
    provider_id: str = ""
    next_at: datetime | None = None
    """When it is tried again; None leaves that as it is."""
    refund: int = 0
    """1 where the attempt did not count, since nothing can have reached the provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A delivery that was claimed, for what follows from its outcome."""

    kind: str
    attempts: int
    """This one included."""
    fence: int
    not_after: datetime
    now: datetime


def consequence(outcome: Outcome, case: Case) -> Consequence:
    """Say what follows from what became of the message."""
    return FOLLOWS[outcome.action](outcome, case)


def consequence_of_loss(case: Case) -> Consequence:
    """Say what follows for a delivery whose sender has vanished."""
    if not _may_repeat(case, MOST_LOST):
        return Consequence(state=State.UNKNOWN, code=LOST)
    return _once_more(LOST, case.now, case)


def put_off(code: str, at: datetime, not_after: datetime, *, refund: int = 1) -> Consequence:
    """Try again at a moment, if there is time left then."""
    if at >= not_after:
        return Consequence(state=State.EXPIRED, code=code, refund=refund)
    return Consequence(state=State.PENDING, code=code, next_at=at, refund=refund)


def _sent(outcome: Outcome, case: Case) -> Consequence:
    return Consequence(state=State.SENT, code=outcome.code, provider_id=outcome.provider_id)


def _refused(outcome: Outcome, case: Case) -> Consequence:
    return Consequence(state=State.REJECTED, code=outcome.code)


def _given_up(outcome: Outcome, case: Case) -> Consequence:
    is_unknown = outcome.fate == Fate.UNKNOWN
    return Consequence(state=State.UNKNOWN if is_unknown else State.REJECTED, code=outcome.code)


def _expired(outcome: Outcome, case: Case) -> Consequence:
    return Consequence(state=State.EXPIRED, code=outcome.code, refund=1)


def _repeated_once(outcome: Outcome, case: Case) -> Consequence:
    if not _may_repeat(case, MOST_ATTEMPTS):
        return Consequence(state=State.UNKNOWN, code=outcome.code)
    return _once_more(outcome.code, case.now + _wait(outcome), case)


def _repeated(outcome: Outcome, case: Case) -> Consequence:
    return put_off(outcome.code, case.now + max(_wait(outcome), _patience(case.fence)), case.not_after)


def _delayed(outcome: Outcome, case: Case) -> Consequence:
    return put_off(outcome.code, case.now + _wait(outcome), case.not_after)


def _held_back(outcome: Outcome, case: Case) -> Consequence:
    """Leave it pending: the transport as a whole waits (`gate`)."""
    return put_off(outcome.code, case.now, case.not_after)


FOLLOWS: Mapping[Action, Callable[[Outcome, Case], Consequence]] = MappingProxyType(
    {
        Action.RECORD: _sent,
        Action.RETIRE: _refused,
        Action.RETIRE_IF_FEW: _refused,
        Action.FAIL: _given_up,
        Action.EXPIRE: _expired,
        Action.REPEAT: _repeated,
        Action.REPEAT_ONCE: _repeated_once,
        Action.DELAY: _delayed,
        Action.PAUSE: _held_back,
        Action.STOP: _held_back,
    }
)
"""What follows for the delivery. What follows for its device is in `retiring`, for its transport in `gate`."""


def _may_repeat(case: Case, most: int) -> bool:
    return MANNERS[Kind(case.kind)].replaceable and case.attempts < most


def _once_more(code: str, at: datetime, case: Case) -> Consequence:
    """Repeat what may have been delivered; where there is no time for it, nobody will ever know."""
    if at >= case.not_after:
        return Consequence(state=State.UNKNOWN, code=code)
    return Consequence(state=State.PENDING, code=code, next_at=at)


def _wait(outcome: Outcome) -> timedelta:
    return outcome.retry_after or timedelta(0)


def _patience(fence: int) -> timedelta:
    if fence <= PATIENT_AFTER:
        return timedelta(0)
    return min(timedelta(seconds=2 ** min(fence - PATIENT_AFTER, 10)), LONGEST_WAIT)
