"""Many jobs, for tests of plans."""

from __future__ import annotations

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
