"""What PostgreSQL plans to do with the statements of a test."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

NO_PLAN = ("EXPLAIN", "SAVEPOINT", "RELEASE")
"""How statements begin that PostgreSQL has no plan for."""


class Explaining:
    """Explains statements before they are run, and keeps what reads a large table from end to end.

    It looks at those that name a large table, or a table whose name begins with `also`.
    """

    def __init__(self, *large: str, also: str | None = None) -> None:
        self.large = large
        self.names = large if also is None else (*large, also)
        self.seen: set[str] = set()
        self.scans: list[str] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if any(name in sql for name in self.names) and not sql.startswith(NO_PLAN):
            self.seen.add(sql)
            with context["connection"].cursor() as cursor:
                cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
                (plan,) = cursor.fetchone()
            plan = plan if isinstance(plan, list) else json.loads(plan)
            steps = _steps_of(plan[0]["Plan"])
            self.scans += [f"{table}\n{sql}" for kind, table in steps if kind == "Seq Scan" and table in self.large]
        return execute(sql, params, many, context)


def _steps_of(plan: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    yield plan["Node Type"], plan.get("Relation Name")
    for child in plan.get("Plans", []):
        yield from _steps_of(child)
