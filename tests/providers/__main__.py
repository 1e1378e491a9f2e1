"""`python -m tests.providers FOLDER`: FCM, its OAuth endpoint, APNs and a Web Push service on this machine.

FOLDER holds `server.pem`. The ports are written to standard output as a line of JSON; then commands are read from
standard input and answered there, a line of JSON each. The end of the input ends the process.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from pathlib import Path
from typing import Any

from .apns import APNs
from .fcm import FCM, OAuth
from .http1 import Connection as OldConnection
from .http2 import Connection
from .service import Service
from .tokens import public_key
from .webpush import WebPush

NAMES = ("oauth", "fcm", "apns", "webpush")
OLD = "fcm_http1"
"""The port where FCM speaks HTTP/1.1."""


class House:
    """All the providers, and what the tests can ask of them."""

    def __init__(self, folder: Path, ports: dict[str, int]) -> None:
        oauth = OAuth(public_key(folder / "fcm.public.pem"), f"https://localhost:{ports['oauth']}/token")
        self.oauth, self.fcm = oauth, FCM(oauth)
        self.apns = APNs(public_key(folder / "apns.public.pem"))
        self.webpush = WebPush(public_key(folder / "vapid.public.pem"), f"https://localhost:{ports['webpush']}")
        self.services = {
            "oauth": Service("oauth", oauth.reply_to, lambda request: ""),
            "fcm": Service("fcm", self.fcm.reply_to, self.fcm.address_of),
            "apns": Service("apns", self.apns.reply_to, self.apns.address_of),
            "webpush": Service("webpush", self.webpush.reply_to, self.webpush.address_of),
        }

    def obey(self, do: str, service: str = "", **options: Any) -> Any:
        """Carry out one command."""
        return getattr(self, f"do_{do}")(self.services.get(service), **options)

    def do_clear(self, _: Service | None) -> None:
        for service in self.services.values():
            service.clear()
            service.seconds, service.max_streams, service.keeps = 0.0, 1000, True
        self.oauth.issued.clear()
        self.oauth.life = 3599
        self.apns.clear()
        self.webpush.clear()

    def do_script(self, service: Service, faults: list[dict[str, Any]]) -> None:
        service.script.set(faults)

    def do_set(self, service: Service, **values: float) -> None:
        for name, value in values.items():
            setattr(self.oauth if name == "life" else service, name, value)

    def do_report(self, service: Service) -> dict[str, Any]:
        return service.report() | {"tokens": len(self.apns.tokens), "issued": len(self.oauth.issued)}

    def do_accepted(self, service: Service) -> list[dict[str, Any]]:
        opened = self.webpush.opened
        return [opened(taken) for taken in service.accepted] if service.name == "webpush" else service.accepted

    def do_subscribe(self, _: Service | None, number: int) -> list[dict[str, str]]:
        return [self.webpush.subscribe() for _ in range(number)]

    def do_drop(self, service: Service, how: str = "close") -> None:
        """End every connection: `close` in order, `abort` by a TCP reset, `go_away` after what is under way."""
        for connection in list(service.connections):
            if how == "go_away":
                connection.go_away(connection.highest)
            getattr(connection, "abort" if how == "abort" else "close")()


async def serve(folder: Path) -> None:
    """Listen, say where, and obey until the input ends."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server.pem")
    context.set_alpn_protocols(["h2"])
    loop, houses = asyncio.get_running_loop(), []

    def connect(name: str) -> Connection:
        return Connection(houses[0].services[name])

    servers = {
        name: await loop.create_server(
            lambda name=name: connect(name), "127.0.0.1", 0, ssl=context, ssl_shutdown_timeout=0.05
        )
        for name in NAMES
    }
    servers[OLD] = await loop.create_server(
        lambda: OldConnection(houses[0].services["fcm"]), "127.0.0.1", 0, ssl=context, ssl_shutdown_timeout=0.05
    )
    ports = {name: server.sockets[0].getsockname()[1] for name, server in servers.items()}
    _say(ports)
    lines = asyncio.StreamReader(limit=2**24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    await lines.readline()  # the keys are written
    houses.append(House(folder, ports))
    _say("ready")
    while line := await lines.readline():
        _say(houses[0].obey(**json.loads(line)))


def _say(content: Any) -> None:
    print(json.dumps(content), flush=True)  # noqa: T201


asyncio.run(serve(Path(sys.argv[1])))
