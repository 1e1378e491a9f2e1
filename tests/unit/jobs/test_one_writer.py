"""One place writes jobs: nothing but the named statements changes the ledger's table."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
STATEMENTS = {f"focusjobs/jobs/{room}/statements.py" for room in ("ledger", "interventions")}
WRITES = re.compile(
    r"(INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+jobs_job\b"
    r"|\bJob\.objects\b[^\n]*\.(create|bulk_create|get_or_create|update_or_create|update|bulk_update|delete)\("
)


def writers() -> set[str]:
    apps = ("focusjobs", "habits", "notifications", "analytics")
    sources = (path for app in apps for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts)
    return {str(path.relative_to(ROOT)) for path in sources if WRITES.search(path.read_text("utf-8"))}


def test_only_the_named_statements_write_jobs() -> None:
    assert writers() == STATEMENTS
