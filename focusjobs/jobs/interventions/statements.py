"""The statements by which operators change jobs, each with its purpose, its guarantee and its index."""

# A job that began or ended after this instant is not the one that was meant. True without an instant.
_AS_IT_WAS = "coalesce(greatest(started_at, finished_at) <= %(as_of)s::timestamptz, true)"

# The jobs that somebody named, and with each parent the children that had made it fail. Index: job_of_parent.
_ASKED = """asked (id) AS (
    SELECT unnest(%(ids)s::bigint[])
    UNION
    SELECT child.id FROM jobs_job AS child JOIN asked ON child.parent_id = asked.id
    WHERE child.on_failure = 'fail' AND child.state IN ('failed', 'cancelled')
)"""

# Makes finished jobs waiting again, with as many further attempts as they had at first; from an instant on, each one
# `pace` after the one before, where that is given. A job whose unique key an unfinished job holds by now is left alone;
# of several with one key the newest is taken. A job that has expired is left alone as well, since the worker that took
# it would only cancel it again. With each parent come the children that had made it fail. Indexes: primary key,
# job_of_parent.
RETRY = f"""
WITH RECURSIVE {_ASKED}, wanted AS MATERIALIZED (
    SELECT id, task, unique_key FROM jobs_job
    WHERE id IN (SELECT id FROM asked) AND state IN ('failed', 'cancelled')
      AND (expires_at IS NULL OR expires_at > now()) AND {_AS_IT_WAS}
    ORDER BY id FOR NO KEY UPDATE
), placed AS (
    SELECT *, coalesce(%(run_at)s::timestamptz, now()) + (row_number() OVER (ORDER BY id) - 1) * %(pace)s::interval
              AS at
    FROM wanted
)
UPDATE jobs_job AS job
SET state = CASE WHEN wanted.at > now() THEN 'delayed' ELSE 'waiting' END, run_at = wanted.at,
    due_at = coalesce(job.due_at, job.run_at), fence = fence + 1, stalls = 0, finished_at = NULL, progress = NULL,
    published_at = NULL, max_attempts = attempt + tries
FROM placed AS wanted
WHERE job.id = wanted.id AND NOT EXISTS (
    SELECT 1 FROM jobs_job AS holder WHERE holder.task = wanted.task AND holder.unique_key = wanted.unique_key
    AND holder.state IN ('waiting', 'delayed', 'waiting_children', 'active')
) AND NOT EXISTS (
    SELECT 1 FROM wanted AS newer
    WHERE newer.task = wanted.task AND newer.unique_key = wanted.unique_key AND newer.id > wanted.id)
RETURNING job.id, job.queue, job.parent_id, job.attempt, job.celery_id, job.state
"""

# Lets parents among the jobs just retried wait for their unfinished children first. Index: job_of_parent.
AWAIT_CHILDREN = """
UPDATE jobs_job AS parent SET state = 'waiting_children', children_left = family.unfinished
FROM (SELECT parent_id, count(*) AS unfinished FROM jobs_job
      WHERE parent_id = ANY(%s) AND state IN ('waiting', 'delayed', 'waiting_children', 'active')
      GROUP BY parent_id) AS family
WHERE parent.id = family.parent_id AND parent.state IN ('waiting', 'delayed')
"""

# Locks jobs, always in the same order. Index: primary key.
LOCK = "SELECT id FROM jobs_job WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"

# Tells parents, whose rows are locked, that children of theirs were retried. An unfinished parent counts them again.
# One that a child had made fail waits for its children as before, unless another of them stands in its way or an
# unfinished job holds its unique key. Index: job_of_parent.
REJOIN_PARENTS = """
WITH family AS (
    SELECT parent_id,
           count(*) FILTER (WHERE state IN ('waiting', 'delayed', 'waiting_children', 'active')) AS unfinished,
           bool_or(id = ANY(%(children)s) AND on_failure = 'fail') AND NOT bool_or(
               on_failure = 'fail' AND state IN ('failed', 'cancelled')) AS mended
    FROM jobs_job WHERE parent_id = ANY(%(parents)s) GROUP BY parent_id
), told AS (
    SELECT parent.id, unfinished, parent.state = 'failed' AS was_failed
    FROM jobs_job AS parent JOIN family ON parent.id = family.parent_id
    WHERE parent.finished_at IS NULL OR (parent.state = 'failed' AND mended AND NOT EXISTS (
        SELECT 1 FROM jobs_job AS holder WHERE holder.task = parent.task AND holder.unique_key = parent.unique_key
        AND holder.state IN ('waiting', 'delayed', 'waiting_children', 'active')))
)
UPDATE jobs_job AS parent
SET children_left = unfinished, finished_at = NULL,
    state = CASE WHEN was_failed THEN 'waiting_children' ELSE parent.state END,
    fence = fence + CASE WHEN was_failed THEN 1 ELSE 0 END,
    stalls = CASE WHEN was_failed THEN 0 ELSE stalls END,
    max_attempts = CASE WHEN was_failed THEN attempt + tries ELSE max_attempts END
FROM told WHERE parent.id = told.id
RETURNING parent.id, parent.parent_id, parent.attempt, parent.celery_id, was_failed
"""

# Ends pending jobs and, where told so, those that a worker holds; these note the attempt that is cut short, and their
# worker's writes are refused from now on. Index: primary key.
CANCEL = f"""
WITH chosen AS MATERIALIZED (
    SELECT id, state FROM jobs_job
    WHERE id = ANY(%(ids)s)
      AND (state IN ('waiting', 'delayed', 'waiting_children') OR (%(active)s AND state = 'active'))
      AND {_AS_IT_WAS}
    ORDER BY id FOR NO KEY UPDATE
), ended AS (
    UPDATE jobs_job AS job
    SET state = 'cancelled', fence = fence + 1, leased_until = NULL, finished_at = now(), error = %(reason)s
    FROM chosen WHERE job.id = chosen.id
    RETURNING job.id, task, parent_id, on_failure, queue, chosen.state AS was, attempt, worker, started_at
), noted AS (
    INSERT INTO jobs_attempt (job_id, number, outcome, worker, started_at, error)
    SELECT id, attempt, 'cancelled', worker, started_at, %(reason)s FROM ended WHERE was = 'active'
)
SELECT id, task, parent_id, on_failure, queue FROM ended
"""

# Makes delayed jobs waiting before their time. Index: primary key.
PROMOTE = f"""
UPDATE jobs_job SET state = 'waiting', run_at = now(), due_at = NULL, fence = fence + 1
WHERE id = ANY(ARRAY(
    SELECT id FROM jobs_job WHERE id = ANY(%(ids)s) AND state = 'delayed' AND {_AS_IT_WAS}
    ORDER BY id FOR NO KEY UPDATE))
RETURNING id, queue
"""

# Gives jobs that no worker holds another time. Index: primary key.
RESCHEDULE = f"""
UPDATE jobs_job
SET run_at = %(run_at)s, due_at = NULL, state = CASE WHEN %(run_at)s > now() THEN 'delayed' ELSE 'waiting' END,
    fence = fence + 1, published_at = NULL
WHERE id = ANY(ARRAY(
    SELECT id FROM jobs_job WHERE id = ANY(%(ids)s) AND state IN ('waiting', 'delayed') AND {_AS_IT_WAS}
    ORDER BY id FOR NO KEY UPDATE))
RETURNING id, CASE WHEN state = 'waiting' THEN queue END
"""

# Gives pending jobs another priority. Index: primary key.
SET_PRIORITY = f"""
UPDATE jobs_job SET priority = %(priority)s
WHERE id = ANY(ARRAY(
    SELECT id FROM jobs_job WHERE id = ANY(%(ids)s) AND state IN ('waiting', 'delayed', 'waiting_children')
      AND {_AS_IT_WAS}
    ORDER BY id FOR NO KEY UPDATE))
RETURNING id
"""

# What of a job an act of an operator may replace, as it is now; with the children that a retry takes along. Indexes:
# primary key, job_of_parent.
CAPTURE = f"""
WITH RECURSIVE {_ASKED}
SELECT id, fence, state = 'active', error_group_id, (SELECT to_jsonb(it) FROM (
    SELECT state, run_at, due_at, finished_at, published_at, error, progress, priority, stalls, max_attempts,
           children_left) AS it)::text
FROM jobs_job WHERE id IN (SELECT id FROM asked)
"""

# Notes which jobs an operation changed, with what each was before. Index: primary key of the jobs.
LINK = """
INSERT INTO jobs_operationjob (operation_id, job_id, fence, before, error_group_id, is_canary)
SELECT %(operation)s, job.id, job.fence, CASE WHEN job.fence - was.fence <= 1 THEN was.before::jsonb END,
       was.error_group_id, %(canary)s
FROM unnest(%(ids)s::bigint[], %(fences)s::bigint[], %(befores)s::text[], %(groups)s::bigint[])
     AS was (id, fence, before, error_group_id)
JOIN jobs_job AS job ON job.id = was.id
ON CONFLICT (operation_id, job_id) DO NOTHING
"""

# Puts jobs of an operation back as they were, each only while nobody has touched it since: not taken by a worker, not
# moved by anyone else. A job that waits again keeps its key only if no other has it by now. Those that were pushed into
# the future can be chosen alone. Indexes: operationjob_once, primary key.
RESTORE = """
WITH chosen AS MATERIALIZED (
    SELECT job.id, link.fence, link.before FROM jobs_operationjob AS link JOIN jobs_job AS job ON job.id = link.job_id
    WHERE link.operation_id = %(operation)s AND link.job_id = ANY(%(ids)s) AND link.outcome IS NULL
      AND link.before IS NOT NULL AND job.fence = link.fence
      AND (NOT %(future)s OR (job.state = 'delayed' AND job.run_at > now()))
    ORDER BY job.id FOR NO KEY UPDATE OF job
), restored AS (
    UPDATE jobs_job AS job
    SET state = was.state, run_at = was.run_at, due_at = was.due_at, finished_at = was.finished_at,
        published_at = was.published_at, error = was.error, progress = was.progress, priority = was.priority,
        stalls = was.stalls, max_attempts = was.max_attempts, children_left = was.children_left, fence = job.fence + 1
    FROM chosen, jsonb_to_record(chosen.before) AS was (
        state text, run_at timestamptz, due_at timestamptz, finished_at timestamptz, published_at timestamptz,
        error text, progress jsonb, priority int, stalls int, max_attempts int, children_left int)
    WHERE job.id = chosen.id AND job.fence = chosen.fence AND (job.finished_at IS NULL OR NOT EXISTS (
        SELECT 1 FROM jobs_job AS holder WHERE holder.task = job.task AND holder.unique_key = job.unique_key
        AND holder.state IN ('waiting', 'delayed', 'waiting_children', 'active')))
    RETURNING job.id, job.task, job.queue, job.state, job.error, job.parent_id, job.on_failure, job.arguments::text,
              job.celery_id, job.worker, job.attempt
), noted AS (
    UPDATE jobs_operationjob AS link SET outcome = %(outcome)s
    FROM restored WHERE link.operation_id = %(operation)s AND link.job_id = restored.id
)
SELECT * FROM restored
"""

# Holds a queue back. A second pause replaces the first one's reason and end. Index: primary key.
PAUSE = """
INSERT INTO jobs_queue (name, paused_at, paused_by, pause_reason, resume_at)
VALUES (%(queue)s, now(), %(by)s, %(reason)s, %(resume_at)s)
ON CONFLICT (name) DO UPDATE
SET paused_at = coalesce(jobs_queue.paused_at, now()), paused_by = excluded.paused_by,
    pause_reason = excluded.pause_reason, resume_at = excluded.resume_at
"""

_RESUME = """
UPDATE jobs_queue SET paused_at = NULL, paused_by = '', pause_reason = '', resume_at = NULL
WHERE paused_at IS NOT NULL
"""

# Lets a queue run again. Index: primary key.
RESUME = _RESUME + "AND name = %s RETURNING name"

# Lets queues run again whose pause is over; the table has a row a queue at most.
RESUME_DUE = _RESUME + "AND resume_at <= now() RETURNING name"

# Limits a queue; its period begins anew. Index: primary key.
SET_LIMITS = """
INSERT INTO jobs_queue (name, paused_by, pause_reason, max_active, rate, period)
VALUES (%(queue)s, '', '', %(max_active)s, %(rate)s, %(period)s)
ON CONFLICT (name) DO UPDATE
SET max_active = excluded.max_active, rate = excluded.rate, period = excluded.period,
    window_start = NULL, window_used = 0
"""

# Locks finished jobs that are to be deleted, those that ended first before the rest. Kept are parents with unfinished
# children, and children whose parent may still read what they gave. Indexes: job_finished, job_of_parent.
CHOOSE_OLD = """
SELECT id, celery_id FROM jobs_job AS job
WHERE state = %(state)s AND finished_at < %(until)s AND NOT EXISTS (
    SELECT 1 FROM jobs_job AS child WHERE child.parent_id = job.id
    AND child.state IN ('waiting', 'delayed', 'waiting_children', 'active')
) AND NOT EXISTS (
    SELECT 1 FROM jobs_job AS parent WHERE parent.id = job.parent_id AND parent.state NOT IN ('completed', 'cancelled'))
ORDER BY finished_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""

# When the last of the newest jobs of a state ended. Index: job_finished.
NEWEST_ENDED = "SELECT finished_at FROM jobs_job WHERE state = %s ORDER BY finished_at DESC OFFSET %s LIMIT 1"

# Deletes locked jobs with their attempts, log lines and links to operations, and sets their children free; the foreign
# keys are checked at the transaction's end. Indexes: primary key, those of the foreign keys, job_of_parent.
DELETE = """
WITH old (id) AS (SELECT unnest(%s::bigint[])),
attempts AS (DELETE FROM jobs_attempt USING old WHERE job_id = old.id),
lines AS (DELETE FROM jobs_logline USING old WHERE job_id = old.id),
links AS (DELETE FROM jobs_operationjob USING old WHERE job_id = old.id),
children AS (UPDATE jobs_job AS child SET parent_id = NULL
             FROM old WHERE child.parent_id = old.id AND child.id NOT IN (SELECT id FROM old))
DELETE FROM jobs_job USING old WHERE jobs_job.id = old.id
"""

# Forgets keys whose throttle is over. Index: throttle_until.
DELETE_OVER_THROTTLES = """
DELETE FROM jobs_throttle WHERE id = ANY(ARRAY(
    SELECT id FROM jobs_throttle WHERE until <= now() ORDER BY until LIMIT %s FOR UPDATE SKIP LOCKED))
"""
