"""The statements by which operations look ahead and follow their jobs, each with its purpose and its index."""

# Notes how jobs of an operation ended that it had changed, those of a stretch of open ones by rising number; and how
# far that stretch goes. A job that a later operation changed counts there. Indexes: operationjob_open, primary key of
# the jobs, the foreign key of the links.
SETTLE = """
WITH looked_at AS MATERIALIZED (
    SELECT id, job_id, fence FROM jobs_operationjob
    WHERE operation_id = %(operation)s AND job_id > %(after)s AND outcome IS NULL
    ORDER BY job_id LIMIT %(limit)s
), settled AS (
    UPDATE jobs_operationjob AS link
    SET outcome = CASE WHEN EXISTS (SELECT FROM jobs_operationjob AS later
                                    WHERE later.job_id = link.job_id AND later.id > link.id) THEN 'other'
                       ELSE job.state END
    FROM looked_at JOIN jobs_job AS job ON job.id = looked_at.job_id
    WHERE link.id = looked_at.id AND job.fence > looked_at.fence AND job.state IN ('completed', 'failed', 'cancelled')
    RETURNING link.outcome
)
SELECT (SELECT max(job_id) FROM looked_at), (SELECT count(*) FROM looked_at),
       count(*) FILTER (WHERE outcome = 'completed'), count(*) FILTER (WHERE outcome = 'failed'),
       count(*) FILTER (WHERE outcome = 'cancelled'), count(*)
FROM settled
"""

# Operations that are to be looked at again, pushed on so that each is called once. Index: operation_wake.
WAKE = """
UPDATE jobs_operation SET wake_at = now() + %(later)s
WHERE id = ANY(ARRAY(
    SELECT id FROM jobs_operation WHERE wake_at <= now() ORDER BY wake_at LIMIT 20 FOR UPDATE SKIP LOCKED))
RETURNING id
"""

# How many jobs a second ended on queues of late, where any did. Index: tally_minute.
SPEEDS = """
SELECT queue, (sum(completed + failed + cancelled) / %(seconds)s)::float8 FROM jobs_tally
WHERE minute >= now() - %(seconds)s * interval '1 s' AND queue = ANY(%(queues)s)
GROUP BY queue HAVING sum(completed + failed + cancelled) > 0
"""

# How many seconds an attempt of a task has taken, on average of all time and queues. Index: tally_minute.
LENGTHS = """
SELECT task, (sum(run_seconds) / sum(runs.number))::float8
FROM jobs_tally, LATERAL (SELECT sum(bucket) AS number FROM unnest(run_buckets) AS bucket) AS runs
WHERE minute = timestamptz 'epoch' AND task = ANY(%(tasks)s)
GROUP BY task HAVING sum(runs.number) > 0
"""

# Counts jobs that a filter finds, by what would become of them. The filter finds them by its own indexes.
GROUPED = "SELECT fate, queue, task, count(*) FROM ({jobs}) AS found (fate, queue, task, user_id) GROUP BY 1, 2, 3"

# Counts the people of such jobs, but for those of some tasks and those people that are counted already, and the jobs
# that are nobody's.
PEOPLE = """
WITH found (fate, queue, task, user_id) AS ({jobs})
SELECT count(DISTINCT user_id), count(*) - count(user_id)
FROM found WHERE fate = %s AND task <> ALL(%s::text[]) AND (user_id IS NULL OR user_id <> ALL(%s::bigint[]))
"""
