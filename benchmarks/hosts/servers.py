"""PostgreSQL and Valkey, each on a machine of its own, reached by TCP from the others and by a socket from here."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO

from benchmarks.hosts.network import SUBNET, Network, address
from benchmarks.servers import ROOT, remove
from focusjobs.dev import guard
from focusjobs.dev.binaries import Program
from focusjobs.dev.guard import ServerPlan
from focusjobs.dev.services import DevServices

TRUSTED = f"local all all trust\nhost all all {SUBNET}.0/24 trust\n"
"""Who may log in to PostgreSQL (pg_hba.conf): everybody on these networks, which nothing else can reach."""


class HostServer(DevServices):
    """One server in the network of a machine. Its guard runs there too, so that both end with this process."""

    def __init__(self, network: Network, name: str, data: Path | None) -> None:
        super().__init__(data, postgres=name == "postgres", valkey=name == "valkey")
        self.network, self.name = network, name

    def _plans(self, found: dict[str, Program], home: Path) -> Iterator[ServerPlan]:
        (plan,) = super()._plans(found, home)
        more = self._listening_postgres(home) if self.name == "postgres" else self._listening_valkey()
        yield replace(plan, argv=[*plan.argv, *more])

    def _listening_postgres(self, home: Path) -> list[str]:
        access = home / "pg_hba.conf"
        access.write_text(TRUSTED)
        access.chmod(0o644)
        settings = {"listen_addresses": address(self.name), "hba_file": str(access)}
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _listening_valkey(self) -> list[str]:
        return ["--port", "6379", "--bind", address(self.name), "--protected-mode", "no"]

    def _start_guard(self, locks: list[int], home: Path) -> None:
        with open(home / "guard.log", "ab") as log:
            self._guard = subprocess.Popen(
                [*self.network.within(self.name), sys.executable, "-S", "-E", guard.__file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                pass_fds=locks,
                start_new_session=True,
                cwd="/",
            )


@contextmanager
def host_servers(network: Network, *, durable: bool = True) -> Iterator[dict[str, str]]:
    """Run both, migrated, and export their sockets to this process; give what a process on a machine needs instead.

    durable: on a disk, as in production, or quick to start and forgetful.
    """
    data = Path(tempfile.mkdtemp(prefix="focusjobs-hosts-", dir="/var/tmp"))  # a disk, not memory
    data.chmod(0o755)
    try:
        with (
            HostServer(network, "postgres", data / "p") as postgres,
            HostServer(network, "valkey", data / "v") as valkey,
        ):
            os.environ.update(postgres.child_environment(), **valkey.environment)
            os.environ.update(SECRET_KEY="only-for-benchmarks-" + "x" * 40, DEBUG="0", LOG_LEVEL="WARNING")
            _migrate()
            yield {
                **os.environ,
                "DATABASE_URL": f"postgresql://postgres@{address('postgres')}/postgres",
                "REDIS_URL": f"redis://{address('valkey')}:6379/0",
            }
    finally:
        for part in (data / "p", data / "v", data):
            remove(part)


def _migrate() -> None:
    """Make the tables in this process, which needs Django in any case."""
    import django
    from django.core.management import call_command
    from django.db import connections

    django.setup()
    call_command("migrate", skip_checks=True, verbosity=0)
    connections.close_all()


def start(command: list[str], environment: dict[str, str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a process that Ctrl-C does not reach; the guard ends it, should this process be killed."""
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
    )
