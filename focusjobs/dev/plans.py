"""How each embedded server is prepared, started, probed and stopped."""

from __future__ import annotations

import signal
from pathlib import Path

from focusjobs.dev.binaries import Program
from focusjobs.dev.errors import DevError
from focusjobs.dev.guard import ServerPlan

FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
"""Settings of PostgreSQL for data that is not kept.

Autovacuum would note, at any moment, that tables are empty whose rows a test is about to write, or has rolled back, and
statements would then be planned for no rows: a join of 4,000 took 40 seconds at times.
"""


def postgres_plan(program: Program, home: Path, sockets: Path, durable: bool) -> ServerPlan:
    """Plan PostgreSQL; durable: with its data safe on disk. Raises `DevError` for data of another version."""
    data = home / "postgres"
    _check_data_version(data, program)
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "timezone": "UTC",
        "log_timezone": "UTC",
        **({} if durable else FORGETFUL),
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return ServerPlan(
        name="postgres",
        argv=[str(program.path), "-D", str(data), *options],
        data=str(data),
        initialise=_initdb(program),
        log=str(home / "postgres.log"),
        stop_signal=signal.SIGINT if durable else signal.SIGQUIT,  # fast shutdown; immediate, as the data is not kept
        probe=str(data / "postmaster.pid"),
    )


def _initdb(program: Program) -> list[str]:
    """Return the command that creates a cluster whatever locales the machine has; PostgreSQL 17 brings its own."""
    own_locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    locale = own_locale if program.major >= 17 else ["--locale=C.UTF-8"]
    initdb = str(program.sibling("initdb"))
    return [initdb, "-U", "postgres", "-E", "UTF8", "--auth=trust", "--no-sync", "--no-instructions", *locale, "-D"]


def _check_data_version(data: Path, program: Program) -> None:
    made_by = data / "PG_VERSION"
    if made_by.exists() and made_by.read_text().strip() != str(program.major):
        raise DevError(
            f"{data} was made by PostgreSQL {made_by.read_text().strip()}, and {program.path} is version "
            f"{program.version}. Remove the old data with `make clean`."
        )


def valkey_plan(program: Program, home: Path, sockets: Path, durable: bool) -> ServerPlan:
    """Plan Valkey; durable: with its data safe on disk."""
    data, path = str(home / "valkey"), str(sockets / "valkey.sock")
    kept = ["--appendonly", "yes", "--appendfsync", "everysec"] if durable else ["--appendonly", "no"]
    network = ["--port", "0", "--unixsocket", path, "--unixsocketperm", "700"]
    return ServerPlan(
        name="valkey",
        argv=[str(program.path), *network, "--dir", data, "--save", "", "--set-proc-title", "no", *kept],
        data=data,
        initialise=[],
        log=str(home / "valkey.log"),
        stop_signal=signal.SIGTERM,
        probe=path,
    )
