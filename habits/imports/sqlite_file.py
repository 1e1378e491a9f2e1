"""Opens SQLite files that anybody can have written: read-only, checked and within limits."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from habits.imports.backup import UnreadableBackup

MAGIC = b"SQLite format 3\x00"
"""The first bytes of every SQLite file (https://www.sqlite.org/fileformat.html)."""

LONGEST_VALUE = 1_000_000
"""Bytes of one text, blob or row; SQLite refuses to read a longer one."""

SECONDS_TO_READ = 120.0
"""After this time a file is given up; one at the limits of `habits.imports.backup` takes a tenth of it."""


@contextmanager
def open_database(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a file without ever writing to it or to its folder; rows come as `sqlite3.Row`.

    Every error of SQLite inside the block becomes an `UnreadableBackup`.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            _restrict(connection)
            _verify(connection)
            yield connection
    except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter: SQLite quotes a broken name in its message
        raise UnreadableBackup(_explanation(error)) from error


def table_names(connection: sqlite3.Connection) -> set[str]:
    """Return the names of the ordinary tables in lower case.

    Views and virtual tables have no root page and are left out: a query on them would run whatever the file says.
    """
    rows = connection.execute("SELECT lower(name) FROM sqlite_master WHERE type = 'table' AND rootpage > 0")
    return {str(name) for (name,) in rows}


def schema_version(connection: sqlite3.Connection) -> int:
    """Return the number that an app keeps in `user_version` for its own use."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def fetch_at_most(
    connection: sqlite3.Connection, query: str, most: int, what: str, *parameters: object
) -> Iterator[sqlite3.Row]:
    """Run a query and yield its rows.

    Raises `UnreadableBackup`: there are more than `most`. `what` names them: “habits”.
    """
    for number, row in enumerate(connection.execute(query, parameters), start=1):
        if number > most:
            raise UnreadableBackup(
                f"This backup holds more than {most:,} {what}. Delete some in the app and export again."
            )
        yield row


def _restrict(connection: sqlite3.Connection) -> None:
    """Take from the file's schema all power over this process, and bound time and memory."""
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA mmap_size = 0")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.set_progress_handler(_deadline(SECONDS_TO_READ), 10_000)
    connection.text_factory = _decoded
    connection.row_factory = sqlite3.Row


def _deadline(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


def _decoded(raw: bytes) -> str:
    """Read text; a broken character becomes U+FFFD, for it is no reason to lose the rest."""
    return raw.decode("utf-8", "replace")


def _verify(connection: sqlite3.Connection) -> None:
    result = connection.execute("PRAGMA quick_check(1)").fetchone()
    if result is None or result[0] != "ok":
        raise UnreadableBackup("This backup is damaged. Make a new backup in the app, copy it whole and try again.")


def _explanation(error: sqlite3.Error | UnicodeDecodeError) -> str:
    """Say in a sentence what the person can do about an error of SQLite."""
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_TOOBIG or isinstance(error, sqlite3.DataError):
        return "This backup holds a text or picture of more than a megabyte. Remove it in the app and export again."
    if code == sqlite3.SQLITE_INTERRUPT:
        return "This backup takes too long to read. Make a new backup in the app and try again."
    return "This backup is damaged or incomplete. Make a new backup in the app, copy it whole and try again."
