"""What a drill asks of a database. All of it only reads."""

from __future__ import annotations

# Every table with its columns' identity, so that none is left out that a later release brings.
TABLES = """
SELECT c.relname FROM pg_class c
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname
"""

# Rows of a table and a sum over all of their values, which does not depend on their order. Reads it once.
CONTENT = "SELECT count(*), coalesce(sum(hashtextextended(row::text, 0)), 0) FROM {} AS row"

# What a table is besides its rows: without the triggers phones would miss edits, without the indexes claims would read
# the ledger from end to end.
OBJECTS = """
SELECT 'index ' || indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
WHERE relnamespace = 'public'::regnamespace AND indisvalid
UNION ALL
SELECT 'constraint ' || conname || ' of ' || conrelid::regclass::text FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND conrelid <> 0 AND convalidated
UNION ALL
SELECT 'trigger ' || tgname || ' of ' || tgrelid::regclass::text FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
WHERE relnamespace = 'public'::regnamespace AND NOT tgisinternal AND tgenabled = 'O'
UNION ALL
SELECT 'function ' || oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL
SELECT 'storage of ' || relname || ': ' || reloptions::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND reloptions IS NOT NULL
"""

# Columns that are numbered by the database, each with its sequence.
NUMBERED = """
SELECT c.relname, a.attname, pg_get_serial_sequence(quote_ident(c.relname), a.attname)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attidentity <> ''
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY 1
"""

# True where the next number would be one that a row has already.
WOULD_REPEAT = "SELECT coalesce(max({column}), 0) > coalesce(pg_sequence_last_value(%s::regclass), 0) FROM {table}"

# Rules that hold in every snapshot of a database that is whole: each counts what breaks it.
RULES = {
    "migrations that this release knows are not applied": """
        SELECT count(*) FROM unnest(%(migrations)s::text[]) AS known (name)
        WHERE NOT EXISTS (SELECT FROM django_migrations WHERE app || '.' || django_migrations.name = known.name)""",
    "attempts are of jobs that are gone": """
        SELECT count(*) FROM jobs_attempt a WHERE NOT EXISTS (SELECT FROM jobs_job WHERE id = a.job_id)""",
    "jobs run without a lease, so that nobody takes them back": """
        SELECT count(*) FROM jobs_job WHERE state = 'active' AND leased_until IS NULL""",
    "habits have a version that is later than their person's, so that phones miss them": """
        SELECT count(*) FROM habits_habit h LEFT JOIN habits_syncstate s ON s.user_id = h.user_id
        WHERE h.version > coalesce(s.version, 1)""",
    "days have a version that is later than their person's, so that phones miss them": """
        SELECT count(*) FROM habits_completion c LEFT JOIN habits_syncstate s ON s.user_id = c.user_id
        WHERE c.version > coalesce(s.version, 1)""",
    "phones were given a later version than there is, so that a restored backup is not noticed": """
        SELECT count(*) FROM habits_syncdevice d LEFT JOIN habits_syncstate s ON s.user_id = d.user_id
        WHERE d.issued > coalesce(s.version, 1)""",
}

# What happens to what was under way when the dump was made.
FACTS = {
    "jobs that wait": "SELECT count(*) FROM jobs_job WHERE state IN ('waiting', 'waiting_children')",
    "jobs that are put off": "SELECT count(*) FROM jobs_job WHERE state = 'delayed'",
    "jobs that ran, and run again when their leases are over": "SELECT count(*) FROM jobs_job WHERE state = 'active'",
    "pushes of phones that are still to be merged": """
        SELECT count(*) FROM habits_syncpush WHERE merged_version IS NULL AND failed_at IS NULL""",
    "phones that start anew if they pulled after the dump": "SELECT count(*) FROM habits_syncdevice",
    "notifications that are still to be sent, unless their time is over": """
        SELECT count(*) FROM notifications_delivery WHERE state IN ('pending', 'claimed')""",
}

# How far the data goes: the youngest job.
YOUNGEST = "SELECT max(created_at) FROM jobs_job"

# Addresses of devices, newest first, of which the keys of today have to read each.
ADDRESSES = "SELECT address, address_hash FROM notifications_device WHERE state = 'active' ORDER BY id DESC LIMIT 1000"
