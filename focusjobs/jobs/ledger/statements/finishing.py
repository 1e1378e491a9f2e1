"""The statements that end attempts and keep what is left of them."""

# Ends attempts, each only while its fence stands. Naming the state here would make the planner prefer job_leased, so
# the fence alone decides. A postponed job gets its attempt back; one that is tried again keeps when it was due at
# first. Index: primary key.
FINISH = """
UPDATE jobs_job AS job
SET state = ended.state, leased_until = NULL, fence = job.fence + 1, error = ended.error,
    progress = coalesce(ended.progress::jsonb, job.progress), published_at = NULL,
    attempt = job.attempt - ended.refund, children_left = job.children_left + ended.children,
    run_at = CASE WHEN ended.state = 'delayed' THEN now() + ended.delay ELSE job.run_at END,
    due_at = CASE WHEN ended.state <> 'delayed' THEN job.due_at
                  WHEN ended.refund = 0 THEN coalesce(job.due_at, job.run_at) END,
    error_group_id = coalesce(ended.error_group, job.error_group_id),
    finished_at = CASE WHEN ended.state IN ('completed', 'failed', 'cancelled') THEN clock_timestamp() END
FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::interval[], %s::int[], %s::int[],
            %s::bigint[])
     AS ended (id, fence, state, error, progress, delay, refund, children, error_group)
WHERE job.id = ended.id AND job.fence = ended.fence
RETURNING job.id, job.parent_id, job.on_failure
"""

# Ends attempts that completed and reported nothing, as most do; FINISH for fewer columns. Index: primary key.
COMPLETE = """
UPDATE jobs_job AS job
SET state = 'completed', leased_until = NULL, fence = job.fence + 1, error = '', published_at = NULL,
    finished_at = clock_timestamp()
FROM unnest(%s::bigint[], %s::bigint[]) AS ended (id, fence)
WHERE job.id = ended.id AND job.fence = ended.fence
RETURNING job.id, job.parent_id, job.on_failure
"""

# Notes attempts that did not complete their jobs, and leaves word that those of a group have still to be counted.
NOTE_ATTEMPTS = """
WITH new AS MATERIALIZED (
    SELECT * FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::text[], %s::timestamptz[], %s::text[], %s::text[],
                         %s::text[], %s::bigint[], %s::bool[])
         AS new (job_id, number, outcome, worker, started_at, error, traceback, release, error_group_id, is_final)
), noted AS (
    INSERT INTO jobs_attempt (job_id, number, outcome, worker, started_at, error, traceback, release, error_group_id)
    SELECT job_id, number, outcome, worker, started_at, error, traceback, release, error_group_id FROM new
    RETURNING id, job_id, error_group_id
)
INSERT INTO jobs_uncounted (attempt_id, is_final)
SELECT noted.id, new.is_final FROM noted JOIN new USING (job_id) WHERE noted.error_group_id IS NOT NULL
"""

# Keeps what jobs logged.
WRITE_LOG = """
INSERT INTO jobs_logline (job_id, attempt, at, level, line)
SELECT * FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[], %s::text[], %s::text[])
"""
