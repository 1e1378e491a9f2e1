"""Whether a restored database is what was dumped, and whether the product can go on with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from psycopg import Connection, sql

from focusjobs.drill.statements import (
    ADDRESSES,
    CONTENT,
    FACTS,
    NUMBERED,
    OBJECTS,
    RULES,
    TABLES,
    WOULD_REPEAT,
    YOUNGEST,
)
from notifications.addresses import Undecipherable, opened


class Content(NamedTuple):
    """Rows of a table, and the sum over their values."""

    rows: int
    total: int


def contents(link: Connection[Any]) -> dict[str, Content]:
    """Give what is in each table; reads all of them from end to end."""
    return {
        name: Content(*_row(link, sql.SQL(CONTENT).format(sql.Identifier(name)))) for (name,) in _rows(link, TABLES)
    }


def objects(link: Connection[Any]) -> set[str]:
    """Give the indexes, constraints, triggers and functions that are in force, and how tables are stored."""
    return {name for (name,) in _rows(link, OBJECTS)}


def differences(
    dumped: dict[str, Content], restored: dict[str, Content], here: set[str], there: set[str]
) -> Iterator[str]:
    """Give what a restored database lacks, or has otherwise, in sentences."""
    for name in sorted(dumped.keys() | restored.keys()):
        before, after = dumped.get(name), restored.get(name)
        if before is None or after is None:
            yield f"The table {name} is only in the {'restored' if before is None else 'dumped'} database."
        elif before.rows != after.rows:
            yield f"{name} had {before.rows} rows, and has {after.rows}."
        elif before != after:
            yield f"Rows of {name} have other values."
    yield from (f"Missing: {name}." for name in sorted(here - there))


def faults(link: Connection[Any]) -> Iterator[str]:
    """Give what is wrong with a database, whatever it was restored from, in sentences."""
    known = [".".join(key) for key in MigrationLoader(connection).disk_migrations]
    for words, statement in RULES.items():
        (number,) = _row(link, sql.SQL(statement), {"migrations": known})
        if number:
            yield f"{number} {words}."
    yield from _repeating(link)
    yield from _unreadable(link)


def facts(link: Connection[Any]) -> dict[str, int]:
    """Give what was under way when the dump was made, counted."""
    return {words: _row(link, sql.SQL(statement))[0] for words, statement in FACTS.items()}


def youngest(link: Connection[Any]) -> datetime | None:
    """Give when the youngest job was made: so far the data goes."""
    found: datetime | None = _row(link, sql.SQL(YOUNGEST))[0]
    return found


def _repeating(link: Connection[Any]) -> Iterator[str]:
    for table, column, sequence in _rows(link, NUMBERED):
        statement = sql.SQL(WOULD_REPEAT).format(column=sql.Identifier(column), table=sql.Identifier(table))
        if _row(link, statement, [sequence])[0]:
            yield f"The next number of {table} is one that it has already."


def _unreadable(link: Connection[Any]) -> Iterator[str]:
    """Try the keys of this process, which are in no backup of the database."""
    unreadable = sum(not _opens(*row) for row in _rows(link, ADDRESSES))
    if unreadable:
        yield f"{unreadable} addresses of devices cannot be read with the present PUSH_KEYS and SECRET_KEY."


def _opens(address: str, digest: str) -> bool:
    try:
        opened(address, digest)
    except Undecipherable:
        return False
    return True


def _rows(link: Connection[Any], statement: str) -> list[Any]:
    return link.execute(sql.SQL(statement)).fetchall()


def _row(link: Connection[Any], statement: sql.SQL | sql.Composed, values: Any = None) -> Any:
    found = link.execute(statement, values).fetchone()
    assert found is not None  # noqa: S101  aggregates alone
    return found
