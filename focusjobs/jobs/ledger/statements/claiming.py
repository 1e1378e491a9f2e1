"""The statements that take jobs for an attempt, keep them and give them back."""

TAKE = """
UPDATE jobs_job AS job
SET state = 'active', fence = fence + 1, attempt = attempt + 1, worker = %(worker)s, started_at = now(),
    leased_until = now() + %(lease)s, unique_key = CASE WHEN unique_while_active THEN unique_key END
"""

_COLUMNS = """
RETURNING job.id, fence, task, arguments::text, attempt, max_attempts, tries, worker, started_at::text, celery_id,
          coalesce(expires_at < now(), false), priority, options::text, limit_key, stalls, queue,
          greatest(extract(epoch FROM now() - greatest(run_at, created_at)), 0)::float8
"""

TAKEN = _COLUMNS + ", false"

# Takes due jobs of a queue for one attempt, lower priority numbers first, then the oldest, unless the queue is paused
# or limited (`CLAIM_WITHIN_ROOM` then), and tells whether there seem to be more. Workers that claim at the same moment
# skip each other's rows. The commit need not reach the disk: a claim that a crash of PostgreSQL forgets leaves the job
# waiting, and the commit of any later write carries this one with it. Index: job_ready.
CLAIM = (
    """
WITH picked AS MATERIALIZED (
    SELECT array_agg(id) AS ids, set_config('synchronous_commit', 'off', true) AS setting
    FROM (SELECT id FROM jobs_job WHERE queue = %(queue)s AND state = 'waiting' AND lane = 'drain'
          AND NOT EXISTS (SELECT FROM jobs_queue WHERE name = %(queue)s
                          AND (paused_at IS NOT NULL OR max_active IS NOT NULL OR rate IS NOT NULL))
          ORDER BY priority, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED) AS due
)
"""
    + TAKE
    + "FROM picked WHERE picked.setting = 'off' AND job.id = ANY(picked.ids)"
    + _COLUMNS
    + """, CASE WHEN cardinality(picked.ids) < %(limit)s THEN false WHEN %(limit)s > 8 THEN true ELSE EXISTS (
    SELECT FROM jobs_job WHERE queue = %(queue)s AND state = 'waiting' AND lane = 'drain'
    ORDER BY priority, id OFFSET %(limit)s) END
"""
)

# Writes a job that is claimed from the start, for a process that stands by; no row where the queue has settings of its
# own, or where another job waits that comes first. Its lease counts from now and not from the transaction's beginning.
# Indexes: primary key of the queues, job_ready.
INSERT_CLAIMED = (
    """
INSERT INTO jobs_job AS job (task, queue, arguments, options, priority, max_attempts, tries, user_id, run_at,
                             expires_at, state, attempt, fence, worker, started_at, leased_until)
SELECT %(task)s, %(queue)s, %(arguments)s::jsonb, %(options)s::jsonb, %(priority)s, %(max_attempts)s, %(max_attempts)s,
       %(user_id)s, now(), %(expires_at)s, 'active', 1, 1, %(worker)s, clock_timestamp(), clock_timestamp() + %(lease)s
WHERE (SELECT true FROM jobs_queue WHERE name = %(queue)s) IS NULL
  AND (SELECT true FROM jobs_job WHERE queue = %(queue)s AND state = 'waiting' AND lane = 'drain'
       ORDER BY priority, id LIMIT 1) IS NULL
"""
    + TAKEN
)

# Takes the job that a Celery message is about, if it waits. Indexes: primary key, job_celery_id.
CLAIM_BY_ID = TAKE + "WHERE id = %(id)s AND state = 'waiting'" + TAKEN

CLAIM_BY_CELERY_ID = TAKE + "WHERE celery_id = %(celery_id)s AND state = 'waiting'" + TAKEN

# What a vanished process held of a job: the columns of a claim. Indexes: primary key, job_celery_id.
HELD = """
SELECT id, fence, task, arguments::text, attempt, max_attempts, tries, worker, started_at::text, celery_id, false,
       priority, options::text, limit_key, stalls, queue, 0::float8, false
FROM jobs_job WHERE (id = %(id)s OR celery_id = %(celery_id)s) AND state = 'active'
"""

# The job with an id that Celery chose. Index: job_celery_id.
NUMBER = "SELECT id FROM jobs_job WHERE celery_id = %s"

# Gives claimed jobs back unstarted, as if they had never been taken. Index: primary key.
RELEASE = """
UPDATE jobs_job AS job
SET state = 'waiting', leased_until = NULL, fence = job.fence + 1, attempt = job.attempt - 1, worker = ''
FROM unnest(%s::bigint[], %s::bigint[]) AS held (id, fence)
WHERE job.id = held.id AND job.fence = held.fence
RETURNING job.queue
"""

# Prolongs leases and writes progress. Index: primary key.
EXTEND = """
UPDATE jobs_job AS job
SET leased_until = now() + %s, progress = coalesce(held.progress::jsonb, job.progress)
FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS held (id, fence, progress)
WHERE job.id = held.id AND job.fence = held.fence AND job.state = 'active'
RETURNING job.id
"""

# Which jobs their worker still has, or has completed. Index: primary key.
STANDING = """
SELECT job.id FROM jobs_job AS job JOIN unnest(%s::bigint[], %s::bigint[]) AS held (id, fence) ON job.id = held.id
WHERE job.fence = held.fence OR job.state = 'completed'
"""
