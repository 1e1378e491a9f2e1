"""The thread that talks to the providers. Any number of threads may ask it at once, over the same connections."""

from __future__ import annotations

import logging
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from queue import Empty

import pycurl

from .exchange import Failure, Origin, Reply, Request
from .lane import Lane, Mailbox
from .pool import Pool

logger = logging.getLogger(__name__)

MOST_LANES = 50
"""Origins whose idle connections are kept; browsers' push services are few, but some have many hosts."""


class Runtime:
    """Connections of one process, and the thread that serves them."""

    def __init__(self) -> None:
        if not pycurl.version_info()[4] & pycurl.VERSION_HTTP2:
            raise RuntimeError(
                "This libcurl speaks no HTTP/2; install pycurl from its wheel, which brings one that does."
            )
        self._selector = selectors.DefaultSelector()
        self._bell, self._ear = socket.socketpair()
        self._bell.setblocking(False)
        self._ear.setblocking(False)
        self._selector.register(self._ear, selectors.EVENT_READ, None)
        self._lanes: dict[Origin, Lane] = {}
        self._orders: deque[tuple[Callable[[], None], Callable[[], None]]] = deque()
        self._lock = threading.Lock()  # so that no order comes after the last look at them
        self._close_by: float | None = None
        self._has_ended = False
        self._thread = threading.Thread(target=self._run, name="push-transports", daemon=True)
        self._thread.start()

    @property
    def has_ended(self) -> bool:
        """Whether it was closed, or has failed; then it gives every request back as not sent."""
        return self._has_ended

    def exchange(
        self, requests: Iterable[Request], *, window: int = 200, most: int = 100, within: float = 0.1
    ) -> Iterator[list[tuple[Request, Reply]]]:
        """Send requests and give the replies, exactly one each, in groups as they come.

        The requests are drawn from the iterable in the caller's thread, `window` of them at once. A group is given when
        it has `most` replies, or `within` seconds after its first. Nothing raises: failures are replies.
        """
        coming, mailbox, under_way = iter(requests), Mailbox(), 0
        group: list[tuple[Request, Reply]] = []
        due_at = 0.0
        try:
            while under_way := under_way + self._feed(coming, window - under_way, mailbox):
                came = _replies(mailbox, due_at if group else None)
                due_at = due_at if group else time.monotonic() + within
                under_way -= len(came)
                group += came
                if len(group) >= most or not came:
                    yield group
                    group = []
            if group:
                yield group
        finally:
            mailbox.is_open = False

    def _feed(self, coming: Iterator[Request], room: int, mailbox: Mailbox) -> int:
        """Draw requests and let them wait for their turn; answer how many."""
        if requests := list(islice(coming, max(room, 0))):
            self._order(lambda: self._add(requests, mailbox), lambda: _give_back(requests, mailbox))
        return len(requests)

    def _add(self, requests: list[Request], mailbox: Mailbox) -> None:
        if self._close_by is not None:
            _give_back(requests, mailbox)
            return
        for request in requests:
            self._lane(request.origin).add(request, mailbox)

    def reconnect(self, origin: Origin, generation: int) -> None:
        """Use the connections that gave a reply of this generation for no new request."""
        self._order(lambda: self._lane(origin).reconnect(generation), lambda: None)

    def close(self, seconds: float = 20.0) -> None:
        """Send nothing more, wait for the answers to what is under way, and end. What waits is given back as not sent.

        seconds: how long answers are waited for; requests without one then are `Failure.BROKEN`.
        """
        self._order(lambda: self._begin_to_close(seconds), lambda: None)
        self._thread.join(seconds + 5)

    def _begin_to_close(self, seconds: float) -> None:
        self._close_by = time.monotonic() + seconds
        for lane in self._lanes.values():
            lane.withdraw()

    def _order(self, act: Callable[[], None], otherwise: Callable[[], None]) -> None:
        """Let the thread do something; where it has ended, do the other thing here."""
        with self._lock:
            if not self._has_ended:
                self._orders.append((act, otherwise))
                with suppress(BlockingIOError):  # it has been rung for already, and often
                    self._bell.send(b"!")
                return
        otherwise()

    def _run(self) -> None:
        try:
            while not self._is_over():
                self._turn()
        except Exception:  # whoever waits for replies must not wait for ever; the next sender makes a new runtime
            logger.exception("the thread of the push transports has failed")
        finally:
            self._end()

    def _is_over(self) -> bool:
        if self._close_by is None:
            return False
        return time.monotonic() >= self._close_by or all(lane.is_idle() for lane in self._lanes.values())

    def _turn(self) -> None:
        """Wait until something is to be done, and do it."""
        for key, mask in self._selector.select(self._patience()):
            if key.data is None:
                self._ear.recv(4096)
            elif key.fd in self._selector.get_map():  # a socket before it may have ended this one
                key.data.on_event(key.fd, mask)
        while self._orders:
            self._orders.popleft()[0]()
        now = time.monotonic()
        for lane in list(self._lanes.values()):
            for pool in list(lane.pools()):
                pool.on_time(now)
            lane.work()

    def _patience(self) -> float | None:
        """Give the seconds until something is due."""
        times = [pool.due_at for pool in self._pools() if pool.due_at is not None]
        if self._close_by is not None:
            times.append(self._close_by)
        return max(min(times) - time.monotonic(), 0.0) if times else None

    def _pools(self) -> Iterator[Pool]:
        for lane in self._lanes.values():
            yield from lane.pools()

    def _lane(self, origin: Origin) -> Lane:
        if origin not in self._lanes:
            if len(self._lanes) >= MOST_LANES:
                self._forget_idle_lanes()
            self._lanes[origin] = Lane(origin, self._selector)
        return self._lanes[origin]

    def _forget_idle_lanes(self) -> None:
        for origin, lane in list(self._lanes.items()):
            if lane.is_idle():
                lane.end()
                del self._lanes[origin]

    def _end(self) -> None:
        with self._lock:
            self._has_ended = True
        while self._orders:
            self._orders.popleft()[1]()
        for lane in self._lanes.values():
            lane.end()
        self._selector.close()
        self._bell.close()
        self._ear.close()


def _replies(mailbox: Mailbox, due_at: float | None) -> list[tuple[Request, Reply]]:
    """Wait for replies, until a moment if one is given."""
    try:
        return mailbox.replies.get(timeout=None if due_at is None else max(due_at - time.monotonic(), 0.0))
    except Empty:
        return []


def _give_back(requests: Iterable[Request], mailbox: Mailbox) -> None:
    mailbox.replies.put([(request, Reply(failure=Failure.WITHDRAWN)) for request in requests])
