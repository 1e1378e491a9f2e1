"""`make demo`: the whole product on one machine, from services to web, worker and beat, until Ctrl-C."""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import signal
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from focusjobs.dev.children import Child, say, stop
from focusjobs.dev.environment import dev_directory, given, publish, web_port
from focusjobs.dev.errors import DevError
from focusjobs.dev.services import DevServices

READY_SECONDS = 120.0
STOP_SECONDS = 15.0
"""A worker lets the jobs that it is running finish for this long."""
ROOT_WARNING = "ignore:You're running the worker with superuser privileges"
"""Celery's advice for production, where the image has a user of its own."""
SHARED = ("DATABASE_URL", "REDIS_URL", "DATABASE_URL_FILE", "REDIS_URL_FILE", "SECRET_KEY", "DEBUG")

BANNER = """
Focusjobs is ready. Ctrl-C stops it.

  Admin      {address}/admin/
  REST       {address}/api/v1/
  Health     {address}/readyz

{logins}"""


def main() -> int:
    """Run the demo and return the exit code; an error that a person can mend is one sentence."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup makes it
        signal.signal(signal.SIGHUP, _interrupt)
    try:
        with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
            _run()
    except DevError as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    return 0


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _run() -> None:
    port = web_port()
    os.environ["DEBUG"] = "1"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "focusjobs.settings")
    directory = dev_directory()
    directory.mkdir(parents=True, exist_ok=True)
    with _only_demo(directory), _services(directory) as services:
        publish({name: os.environ[name] for name in SHARED if os.environ.get(name)})
        children: list[Child] = []
        commands = _commands(port)
        try:
            # Web imports for seconds, the first time, and asks no table meanwhile.
            _start("web", commands.pop("web"), children, services)
            logins = _prepare()
            for name, arguments in commands.items():
                _start(name, arguments, children, services)
            _wait_until_ready(children, services, port)
            say(BANNER.format(address=f"http://127.0.0.1:{port}", logins=logins))
            _watch(children, services)
        finally:
            _ignore_signals()
            with contextlib.suppress(BrokenPipeError):
                say("Stopping.")
            stop(children, STOP_SECONDS)


def _ignore_signals() -> None:
    """Let a second Ctrl-C not cut the orderly stop short: it is limited to STOP_SECONDS."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def _only_demo(directory: Path) -> Iterator[None]:
    """Hold the lock that tells other commands that a demo runs. Raises `DevError` when one runs already."""
    with (directory / "demo.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DevError(f"A demo runs already from this directory ({directory.parent}): stop it first.") from None
        yield


@contextmanager
def _services(directory: Path) -> Iterator[DevServices]:
    """Start the services whose addresses are not given, and export their addresses."""
    services = DevServices(directory, postgres=not given("DATABASE_URL"), valkey=not given("REDIS_URL"))
    try:
        os.environ.update(services.start())
        told = ", ".join(f"{name} {version}" for name, version in services.versions.items())
        say(f"Services: {told or 'given by DATABASE_URL and REDIS_URL'}.")
        yield services
    finally:
        _ignore_signals()
        services.stop()


def _prepare() -> str:
    """Migrate and seed in this process, since each start of Python costs a second; return the seed's own words."""
    import django
    from django.core.management import CommandError, call_command, get_commands
    from django.db import Error, connections

    from focusjobs.health.views import pending_migrations

    try:
        django.setup()
        if pending_migrations():
            say("Creating the tables.")
            call_command("migrate", interactive=False, verbosity=0)
        words = io.StringIO()
        if "seed_demo" in get_commands():
            call_command("seed_demo", stdout=words)
        connections.close_all()
    except (Error, CommandError) as error:
        raise DevError(f"The database could not be prepared: {error}") from error
    return words.getvalue()


def _start(name: str, arguments: list[str], children: list[Child], services: DevServices) -> None:
    """Start one of web, worker and beat; the guard of the services knows it, should this process be killed."""
    environment = {**services.child_environment(), "PYTHONWARNINGS": ROOT_WARNING}
    child = Child(name, [sys.executable, "-m", *arguments], environment)
    children.append(child)
    services.register(child.process.pid)


def _commands(port: int) -> dict[str, list[str]]:
    celery = ["celery", "--quiet", "-A", "focusjobs"]
    web = ["gunicorn", "focusjobs.dev.wsgi", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"]
    return {
        "worker": [*celery, "worker", "-n", _worker(), "--loglevel", "INFO", "--concurrency", "2", "--without-mingle"],
        "web": [*web, "--threads", "8", "--no-control-socket", "--graceful-timeout", "5", "--log-level", "warning"],
        "beat": [*celery, "beat", "--loglevel", "INFO", "--pidfile", ""],
    }


def _worker() -> str:
    """Name this run's worker, so that the heartbeat of an earlier one is not taken for it."""
    return f"demo-{os.getpid()}@%h"


def _wait_until_ready(children: list[Child], services: DevServices, port: int) -> None:
    """Return once /readyz answers 200 with this run's worker. Raises `DevError` when a process ends or time is up."""
    deadline = time.monotonic() + READY_SECONDS
    while not (_worker_is_alive() and _answers(f"http://127.0.0.1:{port}/readyz")):
        _check(children, services)
        if time.monotonic() > deadline:
            raise DevError(f"The demo was not ready within {READY_SECONDS:.0f} seconds: see the lines above.")
        time.sleep(0.1)


def _worker_is_alive() -> bool:
    from redis import RedisError

    from focusjobs.health.heartbeat import live_workers

    try:
        return any(name.startswith(f"demo-{os.getpid()}@") for name in live_workers())
    except RedisError as error:
        raise DevError(f"Redis at REDIS_URL does not answer: {error}") from error


def _answers(address: str) -> bool:
    """Tell whether an address answers 200, asked directly: a proxy cannot reach this machine's own addresses."""
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=5) as response:
            return bool(response.status == 200)
    except OSError:  # refused, reset, timed out, or an HTTP error
        return False


def _watch(children: list[Child], services: DevServices) -> None:
    """Return when `make`, which started this process, has been killed."""
    parent = os.getppid()
    while "MAKELEVEL" not in os.environ or os.getppid() == parent:
        _check(children, services)
        time.sleep(0.2)


def _check(children: list[Child], services: DevServices) -> None:
    """Raise `DevError` when anything that the demo consists of has ended: half a demo misleads."""
    for child in children:
        if child.ended():
            raise DevError(f"{child.name} ended (exit code {child.process.returncode}): see its lines above.")
        if child.unheard:
            raise KeyboardInterrupt
    if not services.alive():
        raise DevError(f"PostgreSQL or Valkey ended: see the logs in {dev_directory()}.")
