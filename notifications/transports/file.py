"""Messages go to a file, for development."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .local import LocalTransport
from .options import Options, check
from .outgoing import Outgoing


def from_options(name: str, options: Options) -> JsonLines:
    """Make one that appends to a file. Raises `ConfigurationError`."""
    check(name, options, known={"path"}, needed=("path",))
    return JsonLines(name, JsonLinesConfig(path=Path(options["path"])))


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
