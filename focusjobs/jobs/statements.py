"""Every statement by which `focusjobs.jobs.ledger` writes, each with its purpose, its guarantee and its index."""

# Writes jobs in the order given. A key that an unfinished job of the task holds makes no row.
# Unique by job_unique_key (its predicate must be repeated here word for word).
INSERT = """
INSERT INTO jobs_job (task, queue, arguments, options, state, priority, max_attempts, tries,
                      unique_key, unique_while_active, user_id, run_at, expires_at, schedule_id)
SELECT task, queue, arguments::jsonb, options::jsonb,
       CASE WHEN coalesce(run_at, now() + delay) > now() THEN 'delayed' ELSE 'waiting' END,
       priority, max_attempts, max_attempts, unique_key, unique_while_active, user_id,
       coalesce(run_at, now() + delay, now()), expires_at, schedule_id
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::int[], %s::int[], %s::text[], %s::bool[],
            %s::bigint[], %s::timestamptz[], %s::interval[], %s::timestamptz[], %s::bigint[])
     WITH ORDINALITY AS new (task, queue, arguments, options, priority, max_attempts, unique_key, unique_while_active,
                             user_id, run_at, delay, expires_at, schedule_id, place)
ORDER BY place
ON CONFLICT (task, unique_key) WHERE unique_key IS NOT NULL
    AND state IN ('waiting', 'delayed', 'waiting_children', 'active') DO NOTHING
RETURNING id, unique_key
"""

# The unfinished job that holds this key. The lock lets no worker start it before the caller's transaction ends: a job
# that started earlier would miss what the caller has written and relies on it to see. Index: job_unique_key.
HOLDER = """
SELECT id FROM jobs_job
WHERE task = %s AND unique_key = %s AND state IN ('waiting', 'delayed', 'waiting_children', 'active')
FOR KEY SHARE
"""

# Takes due jobs of a queue for one attempt, lower priority numbers first, then the oldest. Workers that claim at the
# same moment skip each other's rows. The commit need not reach the disk: a claim that a crash of PostgreSQL forgets
# leaves the job waiting, and the commit of any later write carries this one with it. Index: job_ready.
CLAIM = """
WITH soon AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true) AS setting)
UPDATE jobs_job AS job
SET state = 'active', fence = fence + 1, attempt = attempt + 1, worker = %(worker)s, started_at = now(),
    leased_until = now() + %(lease)s, unique_key = CASE WHEN unique_while_active THEN unique_key END
FROM soon
WHERE soon.setting = 'off' AND job.id = ANY(ARRAY(
    SELECT id FROM jobs_job WHERE queue = %(queue)s AND state = 'waiting' AND lane = 'drain'
    ORDER BY priority, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED))
RETURNING job.id, fence, task, arguments::text, attempt, max_attempts, tries, worker, started_at, celery_id,
          coalesce(expires_at < now(), false), priority
"""

# Ends attempts, each only while its fence stands. Naming the state here would make the planner prefer job_leased, so
# the fence alone decides. A postponed job gets its attempt back. Index: primary key.
FINISH = """
UPDATE jobs_job AS job
SET state = ended.state, leased_until = NULL, fence = job.fence + 1, error = ended.error,
    progress = coalesce(ended.progress::jsonb, job.progress),
    attempt = job.attempt - ended.refund,
    run_at = CASE WHEN ended.state = 'delayed' THEN now() + ended.delay ELSE job.run_at END,
    finished_at = CASE WHEN ended.state IN ('completed', 'failed', 'cancelled') THEN now() END
FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::interval[], %s::int[])
     AS ended (id, fence, state, error, progress, delay, refund)
WHERE job.id = ended.id AND job.fence = ended.fence
RETURNING job.id
"""

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

# Makes due jobs waiting, those that were due first before the rest. Index: job_delayed.
PROMOTE = """
UPDATE jobs_job SET state = 'waiting'
WHERE id = ANY(ARRAY(
    SELECT id FROM jobs_job WHERE state = 'delayed' AND run_at <= now()
    ORDER BY run_at, id LIMIT %s FOR UPDATE SKIP LOCKED))
RETURNING queue
"""

# Takes jobs from workers that let their lease run out, and notes the attempt. Such an attempt is not counted against
# the job, but the stalls are. Index: job_leased.
REAP = """
WITH expired AS (
    SELECT id, started_at, worker, attempt FROM jobs_job WHERE state = 'active' AND leased_until < now()
    ORDER BY leased_until LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), stalled AS (
    UPDATE jobs_job AS job
    SET state = CASE WHEN stalls >= %(max_stalls)s THEN 'failed' ELSE 'waiting' END,
        finished_at = CASE WHEN stalls >= %(max_stalls)s THEN now() END,
        attempt = job.attempt - CASE WHEN stalls >= %(max_stalls)s THEN 0 ELSE 1 END,
        stalls = stalls + 1, fence = fence + 1, leased_until = NULL,
        error = 'The worker vanished in the middle of this job' ||
                CASE WHEN stalls >= %(max_stalls)s THEN ', ' || stalls + 1 || ' times.' ELSE '.' END
    FROM expired WHERE job.id = expired.id
    RETURNING job.id, job.queue, job.state, job.task, job.error, job.arguments::text, job.celery_id,
              expired.attempt, expired.worker, expired.started_at
), noted AS (
    INSERT INTO jobs_attempt (job_id, number, outcome, worker, started_at, error)
    SELECT id, attempt, 'stalled', worker, started_at, error FROM stalled
)
SELECT id, queue, state, task, error, arguments, celery_id, worker FROM stalled
"""

# Notes attempts that did not complete their jobs.
NOTE_ATTEMPTS = """
INSERT INTO jobs_attempt (job_id, number, outcome, worker, started_at, error, traceback)
SELECT * FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::text[], %s::timestamptz[], %s::text[], %s::text[])
"""

# Keeps what jobs logged.
WRITE_LOG = """
INSERT INTO jobs_logline (job_id, attempt, at, level, line)
SELECT * FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[], %s::text[], %s::text[])
"""

# Which of these queues have jobs to take. Index: job_ready, one probe a queue.
QUEUES_WITH_WORK = """
SELECT queue FROM unnest(%s::text[]) AS known (queue)
WHERE EXISTS (SELECT 1 FROM jobs_job AS job WHERE job.queue = known.queue AND state = 'waiting' AND lane = 'drain')
"""
