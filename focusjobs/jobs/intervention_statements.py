"""The statements by which operators change jobs, each with its purpose, its guarantee and its index."""

# Makes finished jobs waiting again, with as many further attempts as they had at first. A job whose unique key an
# unfinished job holds by now is left alone; of several with one key the newest is taken. A job that has expired is left
# alone as well, since the worker that took it would only cancel it again. Index: primary key.
RETRY = """
WITH wanted AS MATERIALIZED (
    SELECT id, task, unique_key FROM jobs_job
    WHERE id = ANY(%s) AND state IN ('failed', 'cancelled') AND (expires_at IS NULL OR expires_at > now())
    ORDER BY id FOR UPDATE
)
UPDATE jobs_job AS job
SET state = 'waiting', fence = fence + 1, stalls = 0, run_at = now(), finished_at = NULL, progress = NULL,
    published_at = NULL, max_attempts = attempt + tries
FROM wanted
WHERE job.id = wanted.id AND NOT EXISTS (
    SELECT 1 FROM jobs_job AS holder WHERE holder.task = wanted.task AND holder.unique_key = wanted.unique_key
    AND holder.state IN ('waiting', 'delayed', 'waiting_children', 'active')
) AND NOT EXISTS (
    SELECT 1 FROM wanted AS newer
    WHERE newer.task = wanted.task AND newer.unique_key = wanted.unique_key AND newer.id > wanted.id)
RETURNING job.id, queue
"""

# Ends pending jobs. Index: primary key.
CANCEL = """
UPDATE jobs_job SET state = 'cancelled', fence = fence + 1, finished_at = now(), error = %s
WHERE id = ANY(ARRAY(
    SELECT id FROM jobs_job WHERE id = ANY(%s) AND state IN ('waiting', 'delayed', 'waiting_children')
    ORDER BY id FOR NO KEY UPDATE))
RETURNING id
"""
