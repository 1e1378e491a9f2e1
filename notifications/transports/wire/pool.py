"""Connections to one origin, and the requests that are under way on them: one of libcurl's multi handles."""

from __future__ import annotations

import os
import select
import selectors
import time

import pycurl

from .exchange import Origin, Reply, Request
from .handle import Handle

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE

HUNG_UP = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR
"""The other side has ended the connection; POLLRDHUP, which tells so of an orderly end, is Linux's."""

Finished = tuple[Request, Reply]


class Pool:
    """A multi handle whose sockets are watched by a selector that it shares with others."""

    def __init__(self, origin: Origin, selector: selectors.BaseSelector, generation: int) -> None:
        self.origin, self.generation = origin, generation
        self.due_at: float | None = None
        """When libcurl wants to be called, whatever the sockets do."""
        self.answered_at: float | None = None
        """When an answer last came."""
        self._sockets: dict[
            int, int
        ] = {}  # file descriptors with their inodes, by which a descriptor used anew is told
        self._selector = selector
        self._free: list[Handle] = []
        self._busy: dict[pycurl.Curl, Handle] = {}
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._schedule)
        self._multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_MULTIPLEX)
        self._multi.setopt(pycurl.M_MAX_HOST_CONNECTIONS, origin.connections)
        self._multi.setopt(pycurl.M_MAX_CONCURRENT_STREAMS, origin.in_flight)

    def __len__(self) -> int:
        return len(self._busy)

    def start(self, request: Request) -> None:
        """Begin a request. Raises `pycurl.error` and ValueError for what libcurl does not take."""
        handle = self._free.pop() if self._free else Handle(self.origin)
        handle.start(self.origin.url, request)
        self._busy[handle.curl] = handle
        self._multi.add_handle(handle.curl)

    def on_event(self, fd: int, mask: int) -> None:
        """Let libcurl read or write a socket that is ready."""
        flags = (pycurl.CSELECT_IN if mask & READ else 0) | (pycurl.CSELECT_OUT if mask & WRITE else 0)
        self._multi.socket_action(fd, flags)

    def on_time(self, now: float) -> None:
        """Let libcurl do what is due."""
        if self.due_at is not None and now >= self.due_at:
            self.due_at = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)

    def finished(self) -> list[tuple[Handle, Reply]]:
        """Give the requests that have ended since the last call."""
        ended: list[tuple[Handle, Reply]] = []
        more = 1
        while more:
            more, well, badly = self._multi.info_read()
            ended += [self._end(curl, 0) for curl in well]
            ended += [self._end(curl, error) for curl, error, _ in badly]
        return ended

    def _end(self, curl: pycurl.Curl, error: int) -> tuple[Handle, Reply]:
        self._multi.remove_handle(curl)
        handle = self._busy.pop(curl)
        reply = handle.reply(error, self.generation)
        if reply.status:
            self.answered_at = time.monotonic()
        self._free.append(handle)
        return handle, reply

    def is_silent_since(self, moment: float) -> bool:
        """Tell whether no answer at all has come since then, though requests were under way."""
        return self.answered_at is None or self.answered_at < moment

    def has_hung_up(self) -> bool:
        """Tell whether the server has ended a connection while nothing was under way.

        libcurl looks at most once a second, and takes an orderly end without a GOAWAY for a connection that is alive.
        """
        poll = select.poll()
        for fd, inode in list(self._sockets.items()):
            if _inode(fd) == inode:
                poll.register(fd, HUNG_UP)
            else:
                del self._sockets[fd]
        return bool(poll.poll(0))

    def under_way(self) -> list[Handle]:
        """Give the handles of the requests that have not ended."""
        return list(self._busy.values())

    def close(self) -> None:
        """End the connections. Requests that are under way are cancelled."""
        for curl in self._busy:
            self._multi.remove_handle(curl)
        self._busy.clear()
        self._multi.close()

    def _watch(self, what: int, fd: int, multi: object, data: object) -> None:
        events = (READ if what & pycurl.POLL_IN else 0) | (WRITE if what & pycurl.POLL_OUT else 0)
        is_watched = fd in self._selector.get_map()
        if what == pycurl.POLL_REMOVE or not events:
            if is_watched:
                self._selector.unregister(fd)
        elif is_watched:
            self._selector.modify(fd, events, self)
        else:
            self._selector.register(fd, events, self)
            self._sockets[fd] = _inode(fd)

    def _schedule(self, milliseconds: int) -> None:
        self.due_at = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000


def _inode(fd: int) -> int:
    try:
        return os.fstat(fd).st_ino
    except OSError:  # closed by now
        return -1
