"""What the transports that need no account have alike: messages stay on this machine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence

from .groups import in_groups
from .outcome import OK, OUR_MISTAKE, Outcome
from .outgoing import InvalidMessage, Outgoing
from .transport import Result


class LocalTransport(ABC):
    """Base of the transports that stay on this machine; nothing can go wrong on the way."""

    def __init__(self, name: str) -> None:
        self.name = name

    def validate(self, message: Outgoing) -> None:
        """Raise `InvalidMessage` for what no transport takes."""
        message.check()

    def send(self, batch: Iterable[Outgoing]) -> Iterator[Result]:
        """Send messages; see `Transport`."""
        for message in batch:
            yield message.id, self._send_one(message)

    def send_in_groups(self, batch: Iterable[Outgoing]) -> Iterator[Sequence[Result]]:
        """Send messages and give groups of outcomes; see `Transport`."""
        return in_groups(self.send(batch))

    def _send_one(self, message: Outgoing) -> Outcome:
        if (expired := message.expired()) is not None:
            return expired
        try:
            self.validate(message)
        except InvalidMessage as error:
            return OUR_MISTAKE.outcome(error.code)
        self.write(message)
        return OK.outcome("sent", provider_id=str(message.id))

    @abstractmethod
    def write(self, message: Outgoing) -> None:
        """Put a message where it belongs."""
