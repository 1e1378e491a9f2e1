"""How busy the primary database is."""

from __future__ import annotations

from focusjobs.sql import rows

# Count the statements that others run at the moment. Other roles' sessions are not seen without the right
# pg_read_all_stats; the product's own processes share one role.
OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_backend_pid()
      AND datname = current_database()
"""


def other_statements() -> int:
    """Count the statements that other sessions run at the moment."""
    ((statements,),) = rows(OTHERS)
    return int(statements)
