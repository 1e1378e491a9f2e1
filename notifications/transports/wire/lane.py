"""The way to one origin: how many requests may be under way, and when it is tried at all.

A lane begins cold: a single request goes first, and the others follow when it has been answered, as Apple asks, and so
that a server that is down sees one attempt and not a hundred. Attempts that fail are spaced from 1 to 60 seconds; until
the next one, requests are given back at once as not sent.
"""

from __future__ import annotations

import logging
import random
import selectors
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from queue import SimpleQueue

import pycurl

from .exchange import Failure, Origin, Reply, Request
from .handle import Handle
from .pool import Pool

logger = logging.getLogger(__name__)

LONGEST_WAIT = 60.0
"""Seconds between two attempts to reach a server, at most."""

STREAM_RESET = "curl_92"
"""CURLE_HTTP2_STREAM: one stream was reset, and the connection is as good as before."""


@dataclass(eq=False)
class Mailbox:
    """Where one caller waits for its replies."""

    replies: SimpleQueue[list[tuple[Request, Reply]]] = field(default_factory=SimpleQueue)
    is_open: bool = True


class Lane:
    """Requests to one origin, waiting and under way. Used by the runtime's thread alone."""

    def __init__(self, origin: Origin, selector: selectors.BaseSelector) -> None:
        self.origin, self._selector = origin, selector
        self._waiting: deque[tuple[Request, Mailbox]] = deque()
        self._under_way: dict[int, tuple[Request, Mailbox]] = {}  # by the request's identity
        self._old: list[Pool] = []
        self._failures, self._next_try = 0, 0.0
        self._generation = 0
        self._renew()

    def _renew(self) -> None:
        self._generation += 1
        self._pool = Pool(self.origin, self._selector, self._generation)
        self._is_warm = False

    def pools(self) -> Iterator[Pool]:
        """Give the pools that have sockets or timers."""
        yield self._pool
        yield from self._old

    def add(self, request: Request, mailbox: Mailbox) -> None:
        """Let a request wait for its turn."""
        self._waiting.append((request, mailbox))

    def reconnect(self, generation: int) -> None:
        """Use no connection of this generation for new requests; those under way end as they would."""
        if generation == self._generation:
            self._old.append(self._pool)
            self._renew()

    def work(self) -> None:
        """Hand out the replies that have come, and begin what may begin."""
        replies: dict[Mailbox, list[tuple[Request, Reply]]] = {}
        try:
            self._gather(replies)
            self._begin(replies)
        finally:  # whatever goes wrong, nobody waits for ever
            for mailbox, batch in replies.items():
                mailbox.replies.put(batch)
        self._forget_old_pools()

    def _gather(self, replies: dict[Mailbox, list[tuple[Request, Reply]]]) -> None:
        for pool in list(self.pools()):
            for handle, reply in pool.finished():
                self._learn(pool, handle, reply)
                request, mailbox = self._under_way.pop(id(handle.request))
                replies.setdefault(mailbox, []).append((request, reply))

    def _begin(self, replies: dict[Mailbox, list[tuple[Request, Reply]]]) -> None:
        if self._waiting and not len(self._pool) and self._pool.has_hung_up():
            self.reconnect(self._generation)
        most = self.origin.in_flight if self._is_warm else 1
        while self._waiting and len(self._pool) < most:
            request, mailbox = self._waiting.popleft()
            if not mailbox.is_open:
                continue
            if (reply := self._turned_away(request) or self._start(request, mailbox)) is not None:
                replies.setdefault(mailbox, []).append((request, reply))

    def _start(self, request: Request, mailbox: Mailbox) -> Reply | None:
        """Begin a request; answer at once where libcurl does not take it."""
        try:
            self._pool.start(request)
        except (pycurl.error, ValueError):  # an option or a header of the configuration; the text could show a token
            logger.error("libcurl does not take the request", extra={"origin": self.origin.url})
            return Reply(failure=Failure.UNTRUSTED, detail="not_taken")
        self._under_way[id(request)] = (request, mailbox)
        return None

    def _turned_away(self, request: Request) -> Reply | None:
        """Give the reply to a request that is not to be sent, now that it is its turn."""
        if request.expires_at <= time.time():
            return Reply(failure=Failure.EXPIRED)
        wait = self._next_try - time.monotonic()
        if wait > 0:
            return Reply(failure=Failure.UNREACHABLE, detail="backing_off", retry_after=timedelta(seconds=wait))
        return None

    def _learn(self, pool: Pool, handle: Handle, reply: Reply) -> None:
        """Draw conclusions for what comes next."""
        if reply.status:
            self._failures, self._next_try = 0, 0.0
            self._is_warm = self._is_warm or pool is self._pool
        elif reply.failure in {Failure.UNREACHABLE, Failure.UNTRUSTED}:
            self._back_off()
        elif self._is_lost(pool, handle, reply):
            if pool.answered_at is None:
                self._back_off()  # it connects, and that is all
            self.reconnect(pool.generation)

    @staticmethod
    def _is_lost(pool: Pool, handle: Handle, reply: Reply) -> bool:
        """Tell whether the connection is not to be trusted with further requests."""
        if reply.failure == Failure.BROKEN:
            # Where it is ending, libcurl would put requests on it until it has seen all of that.
            return reply.detail != STREAM_RESET
        # Nothing at all was heard for as long as this request took: the kernel would take minutes to notice.
        return reply.failure == Failure.TIMEOUT and pool.is_silent_since(handle.started_at)

    def _back_off(self) -> None:
        self._is_warm = False
        now = time.monotonic()
        if now < self._next_try:
            return  # requests that waited for the same attempt
        self._failures += 1
        wait = min(2.0 ** (self._failures - 1), LONGEST_WAIT)
        self._next_try = now + wait * random.uniform(0.75, 1.0)  # noqa: S311  spreads processes; no secret

    def _forget_old_pools(self) -> None:
        for pool in [pool for pool in self._old if not len(pool)]:
            pool.close()
            self._old.remove(pool)

    def is_idle(self) -> bool:
        """Tell whether nothing waits or is under way."""
        return not self._waiting and not any(len(pool) for pool in self.pools())

    def withdraw(self) -> None:
        """Give back what waits, as not sent."""
        while self._waiting:
            request, mailbox = self._waiting.popleft()
            mailbox.replies.put([(request, Reply(failure=Failure.WITHDRAWN))])

    def end(self) -> None:
        """Close everything; what is under way gets no answer any more."""
        self.withdraw()
        for pool in self.pools():
            for handle in pool.under_way():
                self._answer(handle.request, Failure.BROKEN if handle.handed_over else Failure.WITHDRAWN)
            pool.close()
        for request, _ in list(self._under_way.values()):  # taken from libcurl, and lost by an error of this module
            self._answer(request, Failure.BROKEN)

    def _answer(self, request: Request, failure: Failure) -> None:
        _, mailbox = self._under_way.pop(id(request))
        mailbox.replies.put([(request, Reply(failure=failure, detail="runtime_ended"))])
