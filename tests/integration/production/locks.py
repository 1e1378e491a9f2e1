"""What a migration's SQL does to a database in use, as squawk, a linter for PostgreSQL's own grammar, sees it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState

SQUAWK = Path(sys.executable).with_name("squawk")
OLDEST_POSTGRESQL = "15"
HARMLESS = {
    "require-lock-timeout": "PGOPTIONS of the migrate service sets it for every statement",
    "require-statement-timeout": "a concurrent index build may take hours; lock_timeout bounds what others wait for",
    "prefer-bigint-over-int": "a matter of taste, which locks nothing; so are all that begin with prefer-",
    "prefer-bigint-over-smallint": "taste",
    "prefer-identity": "taste",
    "prefer-robust-stmts": "Django knows which migrations it has applied",
    "prefer-text-field": "taste: Django's CharField is a varchar",
    "prefer-timestamptz": "taste",
    "prefer-repack": "taste",
}
"""Rules that are left out, and why. What a new version of squawk brings is heeded until it is listed here."""
TABLE = re.compile(r'(?:ALTER TABLE|DROP TABLE|\bON)(?: ONLY| IF EXISTS)? "?(\w+)"?', re.IGNORECASE)


@dataclass(frozen=True, order=True)
class Lock:
    """A statement that holds others up, or that the release before this migration does not survive."""

    rule: str
    table: str
    words: str


def sql_of(migration: Migration, state: ProjectState) -> tuple[str, ProjectState]:
    """Give the SQL that a migration would run, without running it, and the state after it."""
    outside_the_test = connection.copy()  # in whose transaction an index cannot be built concurrently
    with closing(outside_the_test), outside_the_test.schema_editor(True, migration.atomic) as editor:
        after = migration.apply(state, editor, collect_sql=True)
    return "\n".join(editor.collected_sql), after


def locks_in(sql: str, *, atomic: bool) -> set[Lock]:
    """Give what is refused in a migration's SQL. Tables that it makes itself have nobody who could wait for them."""
    command = [SQUAWK, "--reporter", "json", "--pg-version", OLDEST_POSTGRESQL, "--exclude", ",".join(HARMLESS)]
    if atomic:
        command.append("--assume-in-transaction")
    answer = subprocess.run(command, input=sql, capture_output=True, text=True, check=False, timeout=60)
    assert answer.returncode in (0, 1), answer.stderr
    made, lines = set(re.findall(r'CREATE TABLE "?(\w+)"?', sql)), sql.splitlines()
    found = {
        Lock(told["rule_name"], _table(lines[told["line"]]), told["message"]) for told in json.loads(answer.stdout)
    }
    return {lock for lock in found if lock.table not in made or lock.rule == "ban-drop-table"}


def own_migrations(labels: set[str]) -> list[tuple[Migration, str]]:
    """Give the migrations of some apps with their SQL, in the order in which an empty database gets them."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes(), clean_start=True)
    state, found = ProjectState(real_apps=executor.loader.unmigrated_apps), []
    for migration, _ in plan:
        if migration.app_label in labels:
            sql, state = sql_of(migration, state)
            found.append((migration, sql))
        else:
            state = migration.mutate_state(state, preserve=False)
    return found


def _table(statement: str) -> str:
    found = TABLE.search(statement)
    return found[1] if found else ""
