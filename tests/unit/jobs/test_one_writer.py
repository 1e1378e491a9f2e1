"""One place writes jobs: nothing but the named statements changes the ledger's table."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
JOBS = Path("focusjobs/jobs")
WRITES = re.compile(
    r"(INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+jobs_job\b"
    r"|\bJob\.objects\b[^\n]*\.(create|bulk_create|get_or_create|update_or_create|update|bulk_update|delete)\("
)


def writers() -> set[Path]:
    apps = ("focusjobs", "habits", "notifications", "analytics")
    sources = (path for app in apps for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts)
    return {path.relative_to(ROOT) for path in sources if WRITES.search(path.read_text("utf-8"))}


def test_only_the_named_statements_write_jobs() -> None:
    of_ledger = {path for path in writers() if path.parent == JOBS / "ledger/statements"}
    assert len(of_ledger) > 1
    assert writers() - of_ledger == {JOBS / "interventions/statements.py"}
