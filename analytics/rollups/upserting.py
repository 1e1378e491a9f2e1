"""Storing many rows in place of those with the same key."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from django.db.models import Model

from focusjobs.sql import bound_rows

# Insert rows that are given as JSON, or give those that have their key these columns. Served by the primary key.
UPSERT = """
    INSERT INTO {table} ({names}) SELECT {names} FROM jsonb_populate_recordset(NULL::{table}, %s)
    ON CONFLICT ({key}) DO UPDATE SET {changes}
"""


def upsert(found: Sequence[Model], key: Sequence[str], kept: Collection[str] = ()) -> None:
    """Store rows of one table in place of those with the same key, of which these columns are kept.

    Several times quicker than `bulk_create`, which writes each value into the text of the statement.
    """
    if not found:
        return
    fields = found[0]._meta.concrete_fields
    names = [str(field.column) for field in fields]
    statement = UPSERT.format(
        table=found[0]._meta.db_table,
        names=", ".join(names),
        key=", ".join(key),
        changes=", ".join(f"{name} = excluded.{name}" for name in names if name not in {*key, *kept}),
    )
    values = [{field.column: getattr(row, field.attname) for field in fields} for row in found]
    bound_rows(statement, [json.dumps(values, default=str)])
