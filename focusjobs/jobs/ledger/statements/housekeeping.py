"""The statements of housekeeping: what is due, stalled or waiting unheard."""

# Makes due jobs waiting, those that were due first before the rest. Index: job_delayed.
PROMOTE = """
UPDATE jobs_job SET state = 'waiting', published_at = NULL
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
        stalls = stalls + 1, fence = fence + 1, leased_until = NULL, published_at = NULL,
        error = 'The worker vanished in the middle of this job' ||
                CASE WHEN stalls >= %(max_stalls)s THEN ', ' || stalls + 1 || ' times.' ELSE '.' END
    FROM expired WHERE job.id = expired.id
    RETURNING job.id, job.task, job.queue, job.state, job.error, job.parent_id, job.on_failure, job.arguments::text,
              job.celery_id, expired.worker, expired.attempt, expired.started_at
), noted AS (
    INSERT INTO jobs_attempt (job_id, number, outcome, worker, started_at, error)
    SELECT id, attempt, 'stalled', worker, started_at, error FROM stalled
)
SELECT id, task, queue, state, error, parent_id, on_failure, arguments, celery_id, worker FROM stalled
"""

# Which of these queues have jobs to take or to publish, unless they are paused. Indexes: job_ready,
# job_ready_limited, job_ready_message, one probe each a queue: the order asks for them, where for EXISTS the planner
# prefers to read the table until a row fits, which is all of it for a queue that has nothing to do.
QUEUES_WITH_WORK = """
SELECT queue FROM unnest(%s::text[]) AS known (queue)
WHERE ((SELECT true FROM jobs_job AS job WHERE job.queue = known.queue AND state = 'waiting' AND lane = 'drain'
        ORDER BY priority, id LIMIT 1)
       OR (SELECT true FROM jobs_job AS job WHERE job.queue = known.queue AND state = 'waiting' AND lane = 'limited'
           ORDER BY limit_key, priority, id LIMIT 1)
       OR (SELECT true FROM jobs_job AS job WHERE job.queue = known.queue AND state = 'waiting' AND lane = 'message'
           AND published_at IS NULL ORDER BY id LIMIT 1))
  AND NOT EXISTS (SELECT FROM jobs_queue WHERE name = known.queue AND paused_at IS NOT NULL)
"""
