"""The statements that hold queues and keys to their limits."""

from __future__ import annotations

from .claiming import TAKE, TAKEN

# Declares limits. New ones only, since a row that is there may be locked by a claim. Index: primary key.
DECLARE_LIMITS = """
INSERT INTO jobs_limit (key, max_active, rate, period)
SELECT key, %(at_once)s, %(rate)s, %(period)s FROM unnest(%(keys)s::text[]) AS wanted (key) ORDER BY key
ON CONFLICT (key) DO NOTHING
"""

# Brings limits that are declared otherwise by now up to date. Index: primary key.
CHANGE_LIMITS = """
UPDATE jobs_limit SET max_active = %(at_once)s, rate = %(rate)s, period = %(period)s
WHERE key = ANY(%(keys)s)
  AND (max_active, rate, period) IS DISTINCT FROM (%(at_once)s::int, %(rate)s::int, %(period)s::interval)
"""

# Locks a queue's limits, so that its claims follow one another while it has any. Index: primary key.
LOCK_QUEUE = "SELECT paused_at IS NOT NULL FROM jobs_queue WHERE name = %s FOR UPDATE"

# How many jobs a queue may take now, in a statement of its own after LOCK_QUEUE, so that it sees the claims made before
# the lock was had. A message under way counts as a job that runs. Indexes: job_leased, job_ready_message.
QUEUE_ROOM = """
SELECT least(
    coalesce(max_active - (SELECT count(*) FROM jobs_job WHERE state = 'active' AND queue = name)
                        - (SELECT count(*) FROM jobs_job WHERE queue = name AND state = 'waiting' AND lane = 'message'
                           AND published_at IS NOT NULL), 1000000),
    CASE WHEN rate IS NULL THEN 1000000 WHEN window_start + period > now() THEN rate - window_used ELSE rate END)
FROM jobs_queue WHERE name = %s
"""

# Counts jobs that start in a queue's period. Index: primary key.
USE_QUEUE = """
UPDATE jobs_queue
SET window_used = %(used)s + CASE WHEN window_start + period > now() THEN window_used ELSE 0 END,
    window_start = CASE WHEN window_start + period > now() THEN window_start ELSE now() END
WHERE name = %(queue)s AND rate IS NOT NULL
"""

# Takes due jobs of a queue that QUEUE_ROOM has room for. Index: job_ready.
CLAIM_WITHIN_ROOM = (
    TAKE
    + """
WHERE id = ANY(ARRAY(
    SELECT id FROM jobs_job WHERE queue = %(queue)s AND state = 'waiting' AND lane = 'drain'
    ORDER BY priority, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED))
"""
    + TAKEN
)

# Finds keys with waiting jobs, one probe of the index a key, and locks their limits so that no other worker counts at
# the same time; tells for each whether that was done, since keys that another worker has locked are left to it. Index:
# job_ready_limited.
LOCK_LIMITS = """
WITH RECURSIVE waiting (key) AS (
    (SELECT limit_key FROM jobs_job
     WHERE queue = %(queue)s AND state = 'waiting' AND lane = 'limited' AND limit_key > %(after)s
     ORDER BY limit_key LIMIT 1)
    UNION ALL
    SELECT (SELECT job.limit_key FROM jobs_job AS job
            WHERE job.queue = %(queue)s AND job.state = 'waiting' AND job.lane = 'limited'
              AND job.limit_key > waiting.key
            ORDER BY job.limit_key LIMIT 1)
    FROM waiting WHERE waiting.key IS NOT NULL
), few AS MATERIALIZED (SELECT key FROM waiting WHERE key IS NOT NULL LIMIT %(keys)s),
locked AS MATERIALIZED (
    SELECT key FROM jobs_limit WHERE key IN (SELECT key FROM few) ORDER BY key FOR UPDATE SKIP LOCKED
)
SELECT few.key, locked.key IS NOT NULL FROM few LEFT JOIN locked ON locked.key = few.key ORDER BY few.key
"""

# What a queue has to do besides jobs that any drain takes: jobs under limits, and messages to send. Each part asks for
# the first row of an index's order; EXISTS would have the planner read the table where many other jobs wait. Indexes:
# job_ready_limited, job_ready, job_ready_message.
OTHER_WORK = """
SELECT queue.paused_at IS NULL AND coalesce(
           (SELECT true FROM jobs_job AS job WHERE job.queue = known.name AND state = 'waiting' AND lane = 'limited'
            ORDER BY limit_key, priority, id LIMIT 1),
           CASE WHEN queue.name IS NOT NULL THEN (
               SELECT true FROM jobs_job AS job WHERE job.queue = known.name AND state = 'waiting' AND lane = 'drain'
               ORDER BY priority, id LIMIT 1) END,
           false),
       queue.paused_at IS NULL AND coalesce(
           (SELECT true FROM jobs_job AS job WHERE job.queue = known.name AND state = 'waiting' AND lane = 'message'
            AND published_at IS NULL ORDER BY id LIMIT 1),
           false)
FROM (SELECT %s::text) AS known (name) LEFT JOIN jobs_queue AS queue USING (name)
"""

# Takes jobs of keys locked by LOCK_LIMITS, as far as each key has room, in a statement of its own so that it sees the
# claims made before the lock was had. Indexes: job_active_limit, job_ready_limited.
CLAIM_LIMITED = (
    """
WITH room AS MATERIALIZED (
    SELECT key, least(
        coalesce(max_active - (SELECT count(*) FROM jobs_job WHERE state = 'active' AND limit_key = key), 1000000),
        CASE WHEN rate IS NULL THEN 1000000 WHEN window_start + period > now() THEN rate - window_used ELSE rate END
    ) AS free
    FROM jobs_limit WHERE key = ANY(%(keys)s) ORDER BY key
), chosen AS MATERIALIZED (
    SELECT next.id FROM room CROSS JOIN LATERAL (
        SELECT id FROM jobs_job
        WHERE queue = %(queue)s AND state = 'waiting' AND lane = 'limited' AND limit_key = room.key
        ORDER BY priority, id LIMIT greatest(room.free, 0) FOR UPDATE SKIP LOCKED) AS next
    LIMIT %(limit)s
)
"""
    + TAKE
    + "FROM chosen WHERE job.id = chosen.id"
    + TAKEN
)

# Counts jobs that start in a key's period. Index: primary key.
USE_LIMITS = """
UPDATE jobs_limit AS used_limit
SET window_used = started.jobs + CASE WHEN window_start + period > now() THEN window_used ELSE 0 END,
    window_start = CASE WHEN window_start + period > now() THEN window_start ELSE now() END, used_at = now()
FROM unnest(%s::text[], %s::int[]) AS started (key, jobs)
WHERE used_limit.key = started.key
"""

# Seconds until the next period begins for a queue or for keys of its waiting jobs that have started all they may.
# Indexes: the limits' primary keys, job_ready_limited.
NEXT_ROOM = """
SELECT extract(epoch FROM min(over) - clock_timestamp())::float FROM (
    SELECT window_start + period AS over FROM jobs_queue
    WHERE name = %(queue)s AND window_used >= rate AND window_start + period > now()
    UNION ALL
    SELECT window_start + period FROM jobs_limit
    WHERE window_used >= rate AND window_start + period > now() AND EXISTS (
        SELECT FROM jobs_job WHERE queue = %(queue)s AND state = 'waiting' AND lane = 'limited' AND limit_key = key)
) AS periods
"""
