"""Dumping and restoring, by PostgreSQL's own programs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection
from psycopg import Connection, conninfo, sql

LIBPQ = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "sslmode": "PGSSLMODE"}
"""What PostgreSQL's programs need to know of a connection; in the environment, since others can read arguments."""


# A role may have limits that suit requests; a drill reads whole tables, and waits inside a transaction for the dump of
# its snapshot. Checksums are of texts, in which instants have a zone.
PATIENT = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET timezone = 'UTC'"


class DrillError(Exception):
    """The drill cannot go on, or has found that the backup is worth less than it should be."""


@contextmanager
def connected(database: str | None = None) -> Iterator[Connection[Any]]:
    """Connect as the settings say, but to another database of the server if one is named. Raises `psycopg.Error`."""
    parameters = {**connection.get_connection_params(), "dbname": database or connection.settings_dict["NAME"]}
    kept = {name: value for name, value in parameters.items() if name not in {"cursor_factory", "context"}}
    with Connection.connect(**kept, autocommit=True) as link:
        link.execute(PATIENT)
        yield link


@contextmanager
def snapshot(link: Connection[Any]) -> Iterator[str]:
    """Hold what the database shows now, and give its name, by which a dump sees the same."""
    link.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        (name,) = link.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
        yield name
    finally:
        link.execute("ROLLBACK")


def dump(link: Connection[Any], name: str, target: Path) -> None:
    """Write a dump of a snapshot in pg_dump's own format. Raises `DrillError`."""
    _run(link, "pg_dump", "--format=custom", f"--snapshot={name}", f"--file={target}", link.info.dbname)


def create(link: Connection[Any], database: str) -> None:
    """Make an empty database. Raises `DrillError` where there is one of that name, which is left alone."""
    if link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
        raise DrillError(f"There is a database {database} already. Drop it, or name another one with --into.")
    link.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(database)))


def restore(link: Connection[Any], source: Path, database: str) -> None:
    """Restore a dump into an empty database. Raises `DrillError`."""
    _run(link, "pg_restore", "--no-owner", "--exit-on-error", "--jobs=2", f"--dbname={database}", str(source))


def drop(link: Connection[Any], database: str) -> None:
    """Drop a database that the drill made."""
    link.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def _run(link: Connection[Any], program: str, *arguments: str) -> None:
    path = _found(program, link.info.server_version // 10_000)
    environment = {**os.environ, **_environment(conninfo.conninfo_to_dict(link.info.dsn), link.info.password)}
    answer = subprocess.run(  # noqa: S603  the programs and their arguments are the drill's own
        [path, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if answer.returncode:
        raise DrillError(f"{program} ended with {answer.returncode}: {answer.stderr.strip()}")


def _environment(parameters: Mapping[str, Any], password: str) -> dict[str, str]:
    named = {**parameters, "password": password}
    return {variable: str(named[name]) for name, variable in LIBPQ.items() if named.get(name)}


def _found(program: str, major: int) -> str:
    """Find a program that is not older than the server."""
    path = shutil.which(program)
    if path is None:
        raise DrillError(
            f"{program} is not on the PATH. Install the client programs of PostgreSQL {major}, or restore by other "
            "means and check that database with --restored."
        )
    told = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    version = int(re.findall(r"(\d+)[.\d]*", told)[0])
    if version < major:
        raise DrillError(f"{path} is of PostgreSQL {version}, the server of {major}: a newer {program} is needed.")
    return path
