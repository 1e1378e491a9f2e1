"""One provider: accepts requests, answers them as the real one does or as a fault says, and keeps what it accepted."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .faults import BEFORE, Fault, Script
from .http2 import LONGEST_FRAME, REFUSED_STREAM, Connection, Stream


@dataclass(frozen=True, slots=True)
class Received:
    """A request, whole."""

    headers: dict[str, str]
    path: str
    body: bytes
    connection: int


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; `accepted` is what the provider has taken to deliver, if it has."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    accepted: dict[str, Any] | None = None


class Service:
    """The state of one provider, shared by its connections."""

    def __init__(self, name: str, reply_to: Callable[[Received], Reply], address_of: Callable[[Received], str]) -> None:
        self.name, self.reply_to, self.address_of = name, reply_to, address_of
        self.script = Script()
        self.connections: set[Connection] = set()
        self.max_streams = 1000
        self.seconds = 0.0  # how long each answer takes
        self.keeps = True
        self.clear()

    def clear(self) -> None:
        """Forget what was accepted and counted, and play no more faults."""
        self.script.set([])
        self.accepted: list[dict[str, Any]] = []
        self.taken = self.connected = self.requests = self.cancelled = self.refused = 0
        self.statuses: Counter[int] = Counter()
        self.each_second: Counter[int] = Counter()

    def handle(self, connection: Connection, stream: Stream) -> None:
        """Deal with a request that has arrived whole."""
        request = Received(stream.headers, stream.headers[":path"], bytes(stream.body), connection.number)
        now = time.time()
        self.requests += 1
        self.each_second[int(now)] += 1
        fault = self.script.fault_for(self.address_of(request)) if self.script.faults else None
        if fault is not None and (fault.do in BEFORE or fault.do in {"reply", "go_away_previous"}):
            self._turn_down(connection, stream.number, fault)
            return
        reply = self.reply_to(request)
        if reply.accepted is not None:
            self.taken += 1
            if self.keeps:
                self.accepted.append({**reply.accepted, "connection": connection.number, "at": now})
        if fault is None:
            self._answer(connection, stream.number, reply, self.seconds)
        else:
            self._play(connection, stream.number, reply, fault)

    def _turn_down(self, connection: Connection, number: int, fault: Fault) -> None:
        """Play a fault by which the request is not accepted."""
        self.refused += 1
        if fault.do == "reply":
            self._answer(connection, number, reply_of(fault), fault.seconds or self.seconds)
        elif fault.do == "refuse":
            connection.reset(number, REFUSED_STREAM)
        elif fault.do == "reset_before":
            connection.reset(number, fault.code)
        elif fault.do == "abort_before":
            connection.abort()
        elif fault.do == "close_before":
            connection.close()
        elif fault.do == "go_away_previous":
            connection.open.discard(number)
            connection.go_away(number - 2)

    def _play(self, connection: Connection, number: int, reply: Reply, fault: Fault) -> None:
        """Play a fault after the request was accepted."""
        if fault.do == "reset_after":
            connection.reset(number, fault.code)
        elif fault.do == "reset_amid":
            connection.answer_headers_only(number, reply.status, reply.headers)
            connection.reset(number, fault.code)
        elif fault.do == "abort_after":
            connection.abort()
        elif fault.do == "close_after":
            connection.close()
        elif fault.do == "go_away":
            connection.go_away(number)
            self._answer(connection, number, reply, self.seconds)
        elif fault.do == "go_away_now":
            connection.go_away(number)
            connection.close()
        elif fault.do in {"split", "delay"}:
            self._answer(connection, number, reply, fault.seconds or self.seconds, split=fault.do == "split")

    def _answer(
        self, connection: Connection, number: int, reply: Reply, seconds: float, *, split: bool = False
    ) -> None:
        self.statuses[reply.status] += 1
        size = 1 if split else LONGEST_FRAME
        pieces = [reply.body[at : at + size] for at in range(0, len(reply.body), size)]
        if seconds:
            asyncio.get_running_loop().call_later(seconds, self._late, connection, number, reply, pieces)
        else:
            connection.answer(number, reply.status, reply.headers, pieces)

    @staticmethod
    def _late(connection: Connection, number: int, reply: Reply, pieces: list[bytes]) -> None:
        connection.answer(number, reply.status, reply.headers, pieces)
        connection.flush()

    def report(self) -> dict[str, Any]:
        """Give the counts so far."""
        return {
            "requests": self.requests,
            "accepted": self.taken,
            "turned_down": self.refused,
            "connected": self.connected,
            "connections": len(self.connections),
            "cancelled": self.cancelled,
            "statuses": self.statuses,
            "each_second": self.each_second,
        }


def reply_of(fault: Fault) -> Reply:
    """Give the answer that a fault is written with."""
    return Reply(fault.status, tuple(fault.headers.items()), fault.body.encode())


def json_reply(status: int, content: object, accepted: dict[str, Any] | None = None) -> Reply:
    """Give an answer with a JSON body."""
    body = json.dumps(content, separators=(",", ":")).encode()
    return Reply(status, (("content-type", "application/json; charset=UTF-8"),), body, accepted)
