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

    def send(self, batch: Iterable[Outgoing], *, dry_run: bool = False) -> Iterator[Result]:
        """Send messages; see `Transport`."""
        for message in batch:
            yield message.id, self._send_one(message, dry_run=dry_run)

    def send_in_groups(self, batch: Iterable[Outgoing], *, dry_run: bool = False) -> Iterator[Sequence[Result]]:
        """Send messages and give groups of outcomes; see `Transport`."""
        return in_groups(self.send(batch, dry_run=dry_run))

    def _send_one(self, message: Outgoing, *, dry_run: bool) -> Outcome:
        if (expired := message.expired()) is not None:
            return expired
        try:
            self.validate(message)
        except InvalidMessage as error:
            return OUR_MISTAKE.outcome(error.code)
        if not dry_run:
            self.write(message)
        return OK.outcome("dry_run" if dry_run else "sent", provider_id=str(message.id))

    @abstractmethod
    def write(self, message: Outgoing) -> None:
        """Put a message where it belongs."""
