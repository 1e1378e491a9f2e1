"""The server's side of HTTP/1.1 (RFC 9112), for measuring clients that speak nothing newer, as firebase-admin's."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .http2 import Stream, numbers

if TYPE_CHECKING:
    from .service import Service

HEAD_END = b"\r\n\r\n"


class Connection(asyncio.Protocol):
    """One persistent connection. It answers one request after another, and plays no faults."""

    def __init__(self, service: Service) -> None:
        self.service, self.number = service, next(numbers)
        self._in = bytearray()
        self._requests = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.service.connections.add(self)
        self.service.connected += 1

    def connection_lost(self, error: Exception | None) -> None:
        self.service.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        self._in += data
        while (stream := self._next()) is not None:
            self.service.handle(self, stream)

    def _next(self) -> Stream | None:
        """Take one request out of what has come, if it is whole."""
        head_end = self._in.find(HEAD_END)
        if head_end < 0:
            return None
        first, *lines = self._in[:head_end].decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body_at = head_end + len(HEAD_END)
        end = body_at + int(headers.get("content-length", 0))
        if len(self._in) < end:
            return None
        body = self._in[body_at:end]
        del self._in[:end]
        self._requests += 1
        return Stream(self._requests, {**headers, ":path": first.split(" ")[1]}, body)

    def answer(self, number: int, status: int, headers: tuple[tuple[str, str], ...], body: list[bytes]) -> None:
        content = b"".join(body)
        lines = [f"HTTP/1.1 {status} Told", *(f"{name}: {value}" for name, value in headers)]
        head = "\r\n".join([*lines, f"content-length: {len(content)}"]).encode() + HEAD_END
        self.transport.write(head + content)

    def flush(self) -> None:
        """Do nothing: answers are written at once."""

    def close(self) -> None:
        self.transport.close()

    def abort(self) -> None:
        self.transport.abort()
