"""Pages of a table that cost the same however long it is.

A page is found by the values that the row before it has in the list's order (a keyset), which an index answers at
once. An order that is used here ends with a unique column and runs in one direction.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, Q, QuerySet


class ExactEncoder(DjangoJSONEncoder):
    """JSON that keeps the microseconds of an instant, which Django's own cuts off."""

    def default(self, o: Any) -> Any:
        """Write dates and instants in ISO 8601."""
        return o.isoformat() if hasattr(o, "isoformat") else super().default(o)


def page(rows: QuerySet[Any], columns: Sequence[str], descending: bool, cursor: str | None) -> QuerySet[Any]:
    """Give the rows beyond a cursor, in order. Raises `IncorrectLookupParameters` for a cursor of another list."""
    ordered = rows.order_by(*(f"-{column}" if descending else column for column in columns))
    if cursor is None:
        return ordered
    try:
        values = json.loads(cursor)
        return ordered.filter(beyond(columns, values, "lt" if descending else "gt"))
    except (ValueError, TypeError, IndexError, ValidationError) as error:
        raise IncorrectLookupParameters(error) from error


def beyond(columns: Sequence[str], values: Sequence[Any], comparison: str, *, or_there: bool = False) -> Q:
    """Give the rows on one side of a keyset (`lt` or `gt`), with `or_there` also the row that has it."""
    found = Q(**dict(zip(columns, values, strict=True))) if or_there else Q()
    for place, column in enumerate(columns):
        same = dict(zip(columns[:place], values[:place], strict=True))
        found |= Q(**same, **{f"{column}__{comparison}": values[place]})
    # An index can start at the first column's value only if that stands outside the alternatives.
    return Q(**{f"{columns[0]}__{comparison}e": values[0]}) & found


def cursor_of(row: Model, columns: Sequence[str]) -> str:
    """Give the cursor that leads to the rows beyond this one."""
    return written([getattr(row, column) for column in columns])


def written(keyset: Sequence[Any]) -> str:
    """Write a keyset as a cursor."""
    return json.dumps(list(keyset), cls=ExactEncoder, separators=(",", ":"))
