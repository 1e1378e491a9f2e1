"""`python -m focusjobs.probe web|worker|beat`: the health check of a container, from inside it. Exit code 0 is well."""

from __future__ import annotations

import os
import socket
import sys
import urllib.request
from collections.abc import Callable

from django.conf import settings
from redis import RedisError

from focusjobs import heartbeat

SECONDS = 3.0


def main(arguments: list[str]) -> int:
    """Check the role that is named, say what is wrong if anything is, and return the exit code."""
    check = ROLES.get(arguments[0]) if len(arguments) == 1 else None
    if check is None:
        sys.stderr.write(f"Usage: python -m focusjobs.probe {'|'.join(ROLES)}\n")
        return 2
    try:
        complaint = check()
    except (OSError, RedisError) as error:
        complaint = f"{type(error).__name__}: {error}"
    sys.stderr.write(f"{complaint}\n" if complaint else "")
    return 1 if complaint else 0


def web() -> str:
    """Ask the web server of this machine for `/livez`, under a host name that it serves. Raises `OSError`."""
    address = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/livez"
    request = urllib.request.Request(address, headers={"Host": _served_host()})
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=SECONDS):
        return ""


def worker() -> str:
    """Look for the heartbeat of a Celery worker of this machine. Raises `RedisError`."""
    host = socket.gethostname()
    alive = any(name.partition("@")[2] == host for name in heartbeat.live_workers())
    return "" if alive else f"No worker of {host} has beaten within {heartbeat.ALIVE_FOR.seconds} seconds."


def beat() -> str:
    """Look for the sign of life of a beat of this machine. Raises `RedisError`."""
    alive = heartbeat.are_schedules_looked_at()
    return (
        "" if alive else f"No beat of {socket.gethostname()} has ticked within {heartbeat.ALIVE_FOR.seconds} seconds."
    )


def _served_host() -> str:
    hosts = [host.lstrip(".") for host in settings.ALLOWED_HOSTS if host != "*"]
    return hosts[0] if hosts else "localhost"


ROLES: dict[str, Callable[[], str]] = {"web": web, "worker": worker, "beat": beat}

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "focusjobs.settings")
    sys.exit(main(sys.argv[1:]))
