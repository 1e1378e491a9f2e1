"""Silence: how soon a connection is given up whose other end no longer answers, as after a cut in the network.

TCP by itself waits for two hours where nothing is under way, and for a quarter of an hour for an acknowledgement. For
so long a worker that was cut off would be deaf after its return, and PostgreSQL would keep the locks of a transaction
whose client is gone. So both ends are told to look sooner. Nothing of this concerns Unix sockets. Sources: tcp(7);
libpq, "Parameter Key Words"; PostgreSQL, "TCP Settings".
"""

from __future__ import annotations

import socket
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.backends.signals import connection_created

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

CONNECT = 5
"""Seconds in which PostgreSQL must accept a connection."""

PROBES = 3
"""Unanswered probes after which a connection is given up."""

# Has PostgreSQL's end of this connection look after its client; a Unix socket takes no notice.
OF_SERVER = """
SELECT set_config('tcp_keepalives_idle', %(between)s, false), set_config('tcp_keepalives_interval', %(between)s, false),
       set_config('tcp_keepalives_count', %(probes)s, false), set_config('tcp_user_timeout', %(silence)s, false)
"""


def of_postgres(silence: timedelta) -> dict[str, Any]:
    """Give the options with which libpq gives a connection up after so much silence."""
    return {
        "connect_timeout": CONNECT,
        "keepalives_idle": _between(silence),
        "keepalives_interval": _between(silence),
        "keepalives_count": PROBES,
        "tcp_user_timeout": _milliseconds(silence),
    }


def of_socket(silence: timedelta) -> dict[int, int]:
    """Give the options of a TCP socket with keepalive that give it up after so much silence, as far as there are any.

    Linux has all of them; elsewhere the system's own patience holds.
    """
    wanted = {
        "TCP_KEEPIDLE": _between(silence),
        "TCP_KEEPINTVL": _between(silence),
        "TCP_KEEPCNT": PROBES,
        "TCP_USER_TIMEOUT": _milliseconds(silence),
    }
    return {getattr(socket, name): value for name, value in wanted.items() if hasattr(socket, name)}


def tell_servers(silence: timedelta) -> None:
    """Have every new connection of this process tell PostgreSQL the same, for its end.

    A statement, not an option of the connection: poolers such as PgBouncer refuse options that they do not know.
    """
    values = {"between": str(_between(silence)), "probes": str(PROBES), "silence": str(_milliseconds(silence))}

    def tell(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
        connection.connection.execute(OF_SERVER, values)

    connection_created.connect(tell, weak=False, dispatch_uid="focusjobs.silence")


def _between(silence: timedelta) -> int:
    """Give the seconds between two probes: the last of them goes unanswered when the time is up."""
    return max(1, round(silence.total_seconds() / PROBES))


def _milliseconds(silence: timedelta) -> int:
    return round(silence.total_seconds() * 1000)
