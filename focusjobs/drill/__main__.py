"""The command: a whole drill, or the checks of a database that was restored by other means."""

from __future__ import annotations

import os
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import django
import psycopg
from psycopg import Connection

from focusjobs.drill.checking import contents, differences, facts, faults, objects, youngest
from focusjobs.drill.copying import DrillError, connected, create, drop, dump, restore, snapshot

Say = Callable[[str], object]


def main(arguments: list[str]) -> int:
    """Run the drill, say what it found, and return the exit code: 0 where the backup is whole."""
    options = _parser().parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "focusjobs.settings")
    django.setup()
    try:
        found = verify(options.restored, _say) if options.restored else drill(options, _say)
    except (DrillError, psycopg.Error, OSError) as error:
        sys.stderr.write(f"The drill failed. {error}\n")
        return 1
    for sentence in found:
        sys.stderr.write(f"{sentence}\n")
    _say("The backup is NOT whole." if found else "The backup is whole.")
    return 1 if found else 0


def drill(options: Namespace, say: Say) -> list[str]:
    """Dump, restore, compare and check; give what is wrong. Raises `DrillError` and `psycopg.Error`."""
    with TemporaryDirectory() as place, connected() as link:
        database, file = options.into or f"{link.info.dbname}_drill", Path(place) / "dump"
        create(link, database)
        try:
            found = _compare(link, file, database, say)
            return found + verify(database, say)
        finally:
            if options.keep:
                say(f"The database {database} is kept.")
            else:
                drop(link, database)


def _compare(link: Connection[Any], file: Path, database: str, say: Say) -> list[str]:
    """Dump a snapshot, restore it, and give where the copy differs from it."""
    with snapshot(link) as name:
        with _timed("dumped", say):
            dump(link, name, file)
        dumped, here = contents(link), objects(link)
    rows = sum(table.rows for table in dumped.values())
    say(f"{file.stat().st_size:,} bytes, {len(dumped)} tables, {rows:,} rows")
    with _timed("restored", say):
        restore(link, file, database)
    with connected(database) as copy, _timed("compared", say):
        return list(differences(dumped, contents(copy), here, objects(copy)))


def verify(database: str, say: Say) -> list[str]:
    """Check a database that was restored; give what is wrong. Raises `psycopg.Error`."""
    with connected(database) as link, _timed("checked", say):
        found = list(faults(link))
        for words, number in facts(link).items():
            say(f"{number:>10,} {words}")
        say(f"The youngest job is of {youngest(link) or 'no time: there is none'}.")
    return found


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m focusjobs.drill", description="Show that a backup can be restored.")
    parser.add_argument(
        "--into", help="the database to make for it; the name of the one in use with _drill unless told"
    )
    parser.add_argument("--keep", action="store_true", help="leave that database, to look at it")
    parser.add_argument("--restored", metavar="DATABASE", help="only check a database that was restored already")
    return parser


@contextmanager
def _timed(words: str, say: Say) -> Iterator[None]:
    began = time.monotonic()
    yield
    say(f"{words} in {time.monotonic() - began:.1f} s")


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
