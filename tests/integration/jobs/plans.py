"""Many jobs, and what PostgreSQL plans to do with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.db import connection

ROWS = 20_000
FILL = """
INSERT INTO jobs_job (task, queue, arguments, state, unique_key, leased_until, finished_at, run_at, expires_at,
                      priority, max_attempts, tries, attempt)
SELECT 'tests.add', (ARRAY['default', 'imports', 'statistics', 'notifications'])[1 + n %% 4], '{"x": 1, "y": 2}', state,
       CASE WHEN n %% 3 = 0 THEN 'key:' || n END,
       CASE WHEN state = 'active' THEN now() + n * interval '1 ms' END,
       CASE WHEN state IN ('completed', 'failed', 'cancelled') THEN now() - n * interval '1 s' END,
       now() + n * interval '1 s', NULL, n %% 5, 5, 5, 0
FROM generate_series(1, %s) AS n,
     LATERAL (SELECT (ARRAY['completed', 'completed', 'completed', 'failed', 'cancelled', 'waiting', 'delayed',
                            'active'])[1 + n %% 8] AS state) AS states
"""


def fill_jobs() -> None:
    """Write so many jobs, in all states."""
    with connection.cursor() as cursor:
        cursor.execute(FILL, [ROWS])
        cursor.execute("ANALYZE jobs_job")


class Explaining:
    """Explains each statement before it is run, and keeps what reads the jobs' table from end to end."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.scans: list[str] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "jobs_job" in sql and not sql.startswith("EXPLAIN"):
            self.seen.append(sql)
            with context["connection"].cursor() as cursor:
                cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
                (plan,) = cursor.fetchone()
            plan = plan if isinstance(plan, list) else json.loads(plan)
            self.scans += [f"{node}\n{sql}" for node in nodes_of(plan[0]["Plan"]) if node == ("Seq Scan", "jobs_job")]
        return execute(sql, params, many, context)


def nodes_of(plan: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    """Give the steps of a plan, each with its table."""
    yield plan["Node Type"], plan.get("Relation Name")
    for child in plan.get("Plans", []):
        yield from nodes_of(child)
