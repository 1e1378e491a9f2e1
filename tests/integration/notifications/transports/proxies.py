"""Servers beside the providers: a proxy that tunnels, and one that speaks TLS and then hangs up."""

from __future__ import annotations

import select
import socket
import ssl
import threading
import warnings
from contextlib import suppress
from types import TracebackType
from typing import Self

from tests.providers.credentials import Credentials


class Server:
    """A listener with a thread for each connection, until the end of its block."""

    def __enter__(self) -> Self:
        self.connected = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connected += 1
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self.serve(connection)

    def serve(self, connection: socket.socket) -> None:
        raise NotImplementedError


class Proxy(Server):
    """Tunnels (CONNECT), or refuses to."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.refuses = refuses
        self.asked: list[str] = []
        self.replace = ("", "")
        """A part of the address to which another part is preferred."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serve(self, connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(4096)
        target = head.split()[1].decode()
        self.asked.append(target)
        if self.refuses:
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return
        host, port = target.replace(*self.replace).rsplit(":", 1)
        with socket.create_connection((host, int(port))) as there:
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            _pass_on(connection, there)


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    while True:
        for ready in select.select([one, other], [], [])[0]:
            data = ready.recv(65536)
            if not data:
                return
            (other if ready is one else one).sendall(data)


class TLSServer(Server):
    """Shakes hands, reads a little and hangs up."""

    def __init__(
        self, credentials: Credentials, *, alpn: str, newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED
    ) -> None:
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(credentials.folder / "server.pem")
        self._context.set_alpn_protocols([alpn])
        if newest != ssl.TLSVersion.MAXIMUM_SUPPORTED:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # old versions are what is to be refused
                self._context.minimum_version = self._context.maximum_version = newest
            self._context.set_ciphers("ALL:@SECLEVEL=0")

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def serve(self, connection: socket.socket) -> None:
        with self._context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(24)
