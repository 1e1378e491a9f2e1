"""`python -m focusjobs.health web|worker|beat`: a container's health check, from inside it. Exit code 0 is well."""

from __future__ import annotations

import os
import socket
import sys
import urllib.request
from collections.abc import Callable

from django.conf import settings
from redis import RedisError

from focusjobs.health import heartbeat

SECONDS = 3.0


LENIENT = "--lenient"
"""For probes whose answer restarts a process: that Redis is away is no fault of it, and no restart mends it."""


def main(arguments: list[str]) -> int:
    """Check the role that is named, say what is wrong if anything is, and return the exit code."""
    roles = [argument for argument in arguments if argument != LENIENT]
    check = ROLES.get(roles[0]) if len(roles) == 1 else None
    if check is None:
        sys.stderr.write(f"Usage: python -m focusjobs.health {'|'.join(ROLES)} [{LENIENT}]\n")
        return 2
    complaint, excused = _complaint_of(check)
    sys.stderr.write(f"{complaint}\n" if complaint else "")
    return 1 if complaint and not (excused and LENIENT in arguments) else 0


def _complaint_of(check: Callable[[], str]) -> tuple[str, bool]:
    """Give what is wrong, and whether it is Redis that is away."""
    try:
        return check(), False
    except (OSError, RedisError) as error:
        return f"{type(error).__name__}: {error}", isinstance(error, RedisError)


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
    host, alive = socket.gethostname(), heartbeat.are_schedules_looked_at()
    return "" if alive else f"No beat of {host} has ticked within {heartbeat.ALIVE_FOR.seconds} seconds."


def _served_host() -> str:
    hosts = [host.lstrip(".") for host in settings.ALLOWED_HOSTS if host != "*"]
    return hosts[0] if hosts else "localhost"


ROLES: dict[str, Callable[[], str]] = {"web": web, "worker": worker, "beat": beat}

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "focusjobs.settings")
    sys.exit(main(sys.argv[1:]))
