"""Messages go to the log: the default where nothing is configured."""

from __future__ import annotations

import logging

from .local import LocalTransport
from .options import Options, check
from .outgoing import Outgoing

logger = logging.getLogger(__name__)


def from_options(name: str, options: Options) -> Console:
    """Make one; it has no options. Raises `ConfigurationError`."""
    check(name, options, known=())
    return Console(name)


class Console(LocalTransport):
    """Writes a line to the log for each message: its title unless it is private, and never its address."""

    def write(self, message: Outgoing) -> None:
        """Log a message."""
        title = "(private)" if message.private else message.title
        logger.info("push message", extra={"delivery": str(message.id), "transport": self.name, "title": title})
