"""The server's side of HTTP/2 (RFC 9113), frame by frame, so that every fault can be played exactly.

h2's state machine will not answer any stream once it has sent a GOAWAY, which is what a graceful one is for; so frames
are read and written here, and only the headers are decoded by a library (hpack).
"""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING

from hpack import Decoder

if TYPE_CHECKING:
    from .service import Service

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
ACK = END_STREAM = 0x1
END_HEADERS, PADDED, PRIORITY = 0x4, 0x8, 0x20
NO_ERROR, INTERNAL_ERROR, REFUSED_STREAM = 0x0, 0x2, 0x7
MAX_CONCURRENT_STREAMS = 0x3
MOST_STREAM = 2**31 - 1
LONGEST_FRAME = 16_384
LINGER = 10.0
"""Seconds for which a connection stays open after its GOAWAY, for a client that does not end it itself."""
INDEXED_STATUS = {200: 8, 204: 9, 400: 12, 404: 13, 500: 14}  # RFC 7541, appendix A

numbers = count(1)


@dataclass(slots=True)
class Stream:
    """One request while it arrives."""

    number: int
    headers: dict[str, str]
    body: bytearray = field(default_factory=bytearray)


class Connection(asyncio.Protocol):
    """One connection of a client, which speaks HTTP/2 and nothing else."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.number = next(numbers)
        self.streams: dict[int, Stream] = {}
        self.open: set[int] = set()  # accepted or waiting, not answered yet
        self.highest = 0
        self.last = MOST_STREAM  # streams above it are ignored: a GOAWAY has said so
        self.handled = 0
        self._in, self._out = bytearray(), bytearray()
        self._greeted = False
        self._decoder = Decoder()
        self._window, self._received, self._blocked = 65535, 0, []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.service.connections.add(self)
        self.service.connected += 1
        self.frame(SETTINGS, 0, 0, struct.pack(">HI", MAX_CONCURRENT_STREAMS, self.service.max_streams))
        self.frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 2**30))
        self.flush()

    def connection_lost(self, error: Exception | None) -> None:
        self.service.connections.discard(self)
        self.streams.clear()

    def data_received(self, data: bytes) -> None:
        self._in += data
        if not self._greeted:
            if len(self._in) < len(PREFACE):
                return
            if not self._in.startswith(PREFACE):  # somebody who speaks HTTP/1.1
                self.transport.close()
                return
            del self._in[: len(PREFACE)]
            self._greeted = True
        self._read_frames()
        self.flush()

    def _read_frames(self) -> None:
        at, buffer = 0, self._in
        while len(buffer) - at >= 9:
            length = int.from_bytes(buffer[at : at + 3], "big")
            if len(buffer) - at - 9 < length:
                break
            kind, flags = buffer[at + 3], buffer[at + 4]
            number = int.from_bytes(buffer[at + 5 : at + 9], "big") & MOST_STREAM
            payload = bytes(buffer[at + 9 : at + 9 + length])
            at += 9 + length
            self._read(kind, flags, number, payload)
        del buffer[:at]

    def _read(self, kind: int, flags: int, number: int, payload: bytes) -> None:
        if kind == HEADERS:
            self._read_headers(flags, number, payload)
        elif kind == DATA:
            self._read_data(flags, number, payload)
        elif kind == SETTINGS and not flags & ACK:
            self.frame(SETTINGS, ACK, 0, b"")
        elif kind == PING and not flags & ACK:
            self.frame(PING, ACK, 0, payload)
        elif kind == WINDOW_UPDATE and number == 0:
            self._window += int.from_bytes(payload, "big")
            self._unblock()
        elif kind == RST_STREAM:
            self.streams.pop(number, None)
            self.open.discard(number)
            self.service.cancelled += 1

    def _read_headers(self, flags: int, number: int, payload: bytes) -> None:
        assert flags & END_HEADERS, "no request here has headers of more than one frame"
        start = (1 if flags & PADDED else 0) + (5 if flags & PRIORITY else 0)
        end = len(payload) - (payload[0] if flags & PADDED else 0)
        # Decoded even where the stream is ignored: the table of compressed headers is the connection's.
        stream = Stream(number, dict(self._decoder.decode(payload[start:end])))
        self.highest = max(self.highest, number)
        if number > self.last:
            return
        self.streams[number] = stream
        if flags & END_STREAM:
            self._complete(stream)

    def _read_data(self, flags: int, number: int, payload: bytes) -> None:
        self._received += len(payload)
        if self._received > 2**20:
            self.frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", self._received))
            self._received = 0
        if (stream := self.streams.get(number)) is None:
            return
        stream.body += payload
        if flags & END_STREAM:
            self._complete(stream)

    def _complete(self, stream: Stream) -> None:
        del self.streams[stream.number]
        self.open.add(stream.number)
        self.handled += 1
        self.service.handle(self, stream)

    def frame(self, kind: int, flags: int, number: int, payload: bytes) -> None:
        self._out += struct.pack(">IBI", len(payload) << 8 | kind, flags, number) + payload

    def flush(self) -> None:
        if self._out and not self.transport.is_closing():
            self.transport.write(bytes(self._out))
        self._out.clear()

    def answer(self, number: int, status: int, headers: tuple[tuple[str, str], ...], body: list[bytes]) -> None:
        """Answer a stream, with the body in as many DATA frames as there are pieces; obeys the client's window."""
        if number not in self.open:
            return
        self.open.discard(number)
        block = encoded(status, headers)
        self.frame(HEADERS, END_HEADERS | (0 if body else END_STREAM), number, block)
        for left, piece in zip(range(len(body) - 1, -1, -1), body, strict=True):
            self._send_data(number, piece, left == 0)

    def answer_headers_only(self, number: int, status: int, headers: tuple[tuple[str, str], ...]) -> None:
        """Answer with a status, and let the body be owed."""
        self.frame(HEADERS, END_HEADERS, number, encoded(status, headers))

    def _send_data(self, number: int, piece: bytes, last: bool) -> None:
        if self._blocked or len(piece) > self._window:
            self._blocked.append((number, piece, last))
            return
        self._window -= len(piece)
        self.frame(DATA, END_STREAM if last else 0, number, piece)

    def _unblock(self) -> None:
        waiting, self._blocked = self._blocked, []
        for entry in waiting:
            self._send_data(*entry)

    def reset(self, number: int, code: int) -> None:
        self.open.discard(number)
        self.frame(RST_STREAM, 0, number, struct.pack(">I", code))

    def go_away(self, last: int, *, code: int = NO_ERROR, debug: bytes = b"") -> None:
        """Say which streams will be answered; those above it are ignored from here on."""
        if self.last == MOST_STREAM:
            # Closed at once, it would be reset for a client that is still writing, and the answers would be lost.
            asyncio.get_running_loop().call_later(LINGER, self.close)
        self.last = last
        self.frame(GOAWAY, 0, 0, struct.pack(">II", last, code) + debug)

    def close(self) -> None:
        """End it in order, after what was written; whatever is unanswered stays so."""
        self.flush()
        self.transport.close()

    def abort(self) -> None:
        """Cut it with a TCP reset; nothing that is still unwritten leaves."""
        self._out.clear()
        raw = self.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


@lru_cache(maxsize=1000)
def encoded(status: int, headers: tuple[tuple[str, str], ...]) -> bytes:
    """Give headers in HPACK's plain form, which leaves the client's table alone and so can be kept."""
    index = INDEXED_STATUS.get(status)
    first = bytes([0x80 | index]) if index else b"\x08" + _text(str(status))
    return first + b"".join(b"\x00" + _text(name) + _text(value) for name, value in headers)


def _text(value: str) -> bytes:
    data = value.encode()
    assert len(data) < 127, "longer texts need another form of length"
    return bytes([len(data)]) + data
