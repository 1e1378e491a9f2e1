"""What the transports that speak HTTP have alike: prepare, send, judge."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from .options import WIRE
from .outcome import EXPIRED, MISCONFIGURED, OUR_MISTAKE, Action, Fate, Outcome, Ruling, Table, ruling_for
from .outgoing import InvalidMessage, Outgoing
from .transport import Result
from .wire import Failure, Origin, Reply, Request, runtime

AGAIN = Ruling(Fate.NOT_PROCESSED, Action.REPEAT, wait=timedelta(seconds=1))
"""Soon, but not at once: a server could refuse for ever."""

FAILURES: Mapping[Failure, Ruling] = MappingProxyType(
    {
        Failure.EXPIRED: EXPIRED,
        Failure.UNREACHABLE: Ruling(Fate.NOT_PROCESSED, Action.PAUSE, wait=timedelta(seconds=1)),
        Failure.UNTRUSTED: MISCONFIGURED,
        Failure.REFUSED: AGAIN,
        Failure.WITHDRAWN: AGAIN,
        Failure.TIMEOUT: Ruling(Fate.UNKNOWN, Action.REPEAT_ONCE, wait=timedelta(seconds=10)),
        Failure.BROKEN: Ruling(Fate.UNKNOWN, Action.REPEAT_ONCE, wait=timedelta(seconds=10)),
    }
)
"""What follows where there is no answer. Which of these are certain, and why, is told in `wire/failure.py`."""


@dataclass(frozen=True)
class Answer:
    """What a provider says, in its own words."""

    code: str = ""
    dead_since: datetime | None = None
    provider_id: str = ""


@dataclass(frozen=True, kw_only=True)
class HttpConfig:
    """How servers are reached; meanings as in `wire.Origin`."""

    ca_file: str = ""
    proxy: str = field(default="", repr=False)
    in_flight: int = 100
    timeout: float = 15.0

    def origin(self, url: str, *, http2_only: bool = True) -> Origin:
        """Give a server, reached in this way."""
        return Origin(url=url, http2_only=http2_only, **{name: getattr(self, name) for name in WIRE})


class Unavailable(Exception):
    """No message can be sent now, for a reason that lies before any of them; the outcome is that of each."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.code)
        self.outcome = outcome


class HttpTransport(ABC):
    """Base of the transports to FCM, APNs and Web Push. Its methods may be called by any number of threads."""

    table: Table
    """What each of the provider's answers means."""
    failures: Mapping[Failure, Ruling] = FAILURES
    """What follows where there is no answer."""

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def check(self, message: Outgoing) -> None:
        """Raise `InvalidMessage` for what this provider minds."""

    @abstractmethod
    def request(self, message: Outgoing, now: float) -> Request:
        """Give the request for a message.

        Raises `InvalidMessage`, and `Unavailable` where there is no credential to send it with.
        """

    @abstractmethod
    def read(self, reply: Reply) -> Answer:
        """Read an answer, whatever is in it."""

    @abstractmethod
    def renew(self, credential: str) -> bool:
        """Use this credential no more, since it was refused; tell whether the next one will be another."""

    def validate(self, message: Outgoing) -> None:
        """Raise `InvalidMessage` if the provider would refuse it for its size or form."""
        message.check()
        self.check(message)

    def send(self, batch: Iterable[Outgoing]) -> Iterator[Result]:
        """Send messages; see `Transport`."""
        for group in self.send_in_groups(batch):
            yield from group

    def send_in_groups(self, batch: Iterable[Outgoing]) -> Iterator[Sequence[Result]]:
        """Send messages and give groups of outcomes; see `Transport`."""
        unsent: list[Result] = []
        for group in runtime().exchange(self._requests(batch, unsent)):
            results = [(request.key, self.judge(request, reply)) for request, reply in group]
            yield [*_taken(unsent), *results]
        if unsent:
            yield unsent

    def _requests(self, batch: Iterable[Outgoing], unsent: list[Result]) -> Iterator[Request]:
        """Give the requests; messages that are not to be sent are added to `unsent` with their outcome."""
        for message in batch:
            prepared = self._prepare(message)
            if isinstance(prepared, Outcome):
                unsent.append((message.id, prepared))
            else:
                yield prepared

    def _prepare(self, message: Outgoing) -> Request | Outcome:
        if (expired := message.expired()) is not None:
            return expired
        try:
            message.check()
            return self.request(message, time.time())
        except InvalidMessage as error:
            return OUR_MISTAKE.outcome(error.code)
        except Unavailable as error:
            return error.outcome

    def judge(self, request: Request, reply: Reply) -> Outcome:
        """Say what a reply means."""
        if not reply.status:
            return self._outcome_of_failure(reply)
        answer = self.read(reply)
        ruling = ruling_for(self.table, reply.status, answer.code)
        if ruling.renew and not self.renew(request.credential):
            ruling = MISCONFIGURED
        if ruling.reconnect:
            runtime().reconnect(request.origin, reply.generation)
        return ruling.outcome(
            answer.code or f"http_{reply.status}",
            retry_after=reply.retry_after,
            dead_since=answer.dead_since,
            provider_id=answer.provider_id,
        )

    def _outcome_of_failure(self, reply: Reply) -> Outcome:
        failure = reply.failure or Failure.BROKEN
        code = f"{failure}:{reply.detail}" if reply.detail else str(failure)
        return self.failures[failure].outcome(code, retry_after=reply.retry_after)


def _taken(unsent: list[Result]) -> list[Result]:
    taken = unsent[:]
    unsent.clear()
    return taken
