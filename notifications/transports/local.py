"""Transports that need no account: messages go to the log, or to a file. The default where nothing is configured."""

from __future__ import annotations

import json
import logging
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .groups import in_groups
from .outcome import OK, OUR_MISTAKE, Outcome
from .outgoing import InvalidMessage, Outgoing
from .transport import Result

logger = logging.getLogger(__name__)


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


class Console(LocalTransport):
    """Writes a line to the log for each message: its title unless it is private, and never its address."""

    def write(self, message: Outgoing) -> None:
        """Log a message."""
        title = "(private)" if message.private else message.title
        logger.info("push message", extra={"delivery": str(message.id), "transport": self.name, "title": title})


@dataclass(frozen=True, kw_only=True)
class JsonLinesConfig:
    """Where the messages go."""

    path: Path


class JsonLines(LocalTransport):
    """Appends each message to a file as a line of JSON, words and all, for development. Only its owner may read it.

    The address is left out. Several processes may write at once.
    """

    def __init__(self, name: str, config: JsonLinesConfig) -> None:
        super().__init__(name)
        self._path = config.path

    def write(self, message: Outgoing) -> None:
        """Append a message."""
        content = {
            "delivery_id": str(message.id),
            "sent_at": datetime.now(UTC).isoformat(),
            "not_after": message.not_after.isoformat(),
            "title": message.title,
            "body": message.body,
            "collapse_id": message.collapse_id,
            "private": message.private,
            "data": message.full_data,
        }
        line = json.dumps(content, ensure_ascii=False).encode() + b"\n"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, line)  # in one piece, so that lines of several processes do not mix
        finally:
            os.close(file)
