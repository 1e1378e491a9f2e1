"""Every statement by which `focusjobs.jobs.ledger` writes, each with its purpose, its guarantee and its index."""

# Writes jobs that differ in their arguments and keys only, in the order given. Index for the keys: job_unique_key,
# whose predicate is repeated where a key may be held already.
_INSERT = """
INSERT INTO jobs_job (task, queue, lane, arguments, options, state, children_left, priority, max_attempts, tries,
                      unique_key, unique_while_active, limit_key, user_id, parent_id, on_failure, schedule_id,
                      celery_id, run_at, expires_at)
SELECT %(task)s, %(queue)s, CASE WHEN limit_key IS NULL THEN %(lane)s ELSE 'limited' END, arguments,
       %(options)s::jsonb,
       CASE WHEN %(children_left)s > 0 THEN 'waiting_children' WHEN due > now() THEN 'delayed' ELSE 'waiting' END,
       %(children_left)s, %(priority)s, %(max_attempts)s, %(max_attempts)s, unique_key, %(unique_while_active)s,
       limit_key, %(user_id)s, %(parent_id)s, %(on_failure)s, %(schedule_id)s, %(celery_id)s, due, %(expires_at)s
FROM ROWS FROM (jsonb_array_elements(%(arguments)s::jsonb), unnest(%(unique_keys)s::text[]),
                unnest(%(limit_keys)s::text[])) WITH ORDINALITY AS new (arguments, unique_key, limit_key, place),
     (SELECT coalesce(%(run_at)s::timestamptz, now() + %(delay)s::interval, now())) AS start (due)
ORDER BY place
"""

_KEY_IS_HELD = """
ON CONFLICT (task, unique_key) WHERE unique_key IS NOT NULL
    AND state IN ('waiting', 'delayed', 'waiting_children', 'active')
"""

# Jobs without keys. A statement of its own, since looking for conflicts costs two thirds more.
INSERT = _INSERT + "RETURNING id, unique_key, true"

# A key that an unfinished job of the task holds makes no row.
INSERT_UNIQUE = _INSERT + _KEY_IS_HELD + "DO NOTHING RETURNING id, unique_key, true"

# A key that a pending job of the task holds puts that job off and gives it the new arguments (debounce).
INSERT_OR_REPLACE = (
    _INSERT
    + _KEY_IS_HELD
    + """
DO UPDATE SET arguments = excluded.arguments, run_at = excluded.run_at, state = excluded.state,
              expires_at = excluded.expires_at, options = excluded.options, limit_key = excluded.limit_key,
              lane = excluded.lane
WHERE jobs_job.state IN ('waiting', 'delayed')
RETURNING id, unique_key, xmax = 0
"""
)

# Admits keys for a time; a key admitted before and not over yet gives no row. Unique by throttle_key.
ADMIT = """
INSERT INTO jobs_throttle (task, key, until, job_id)
SELECT %(task)s, key, now() + %(time)s, 0 FROM unnest(%(keys)s::text[]) AS wanted (key) ORDER BY key
ON CONFLICT (task, key) DO UPDATE SET until = excluded.until WHERE jobs_throttle.until <= now()
RETURNING key
"""

# Notes which job an admitted key made. Index: throttle_key.
NOTE_ADMITTED = """
UPDATE jobs_throttle AS throttle SET job_id = made.job_id
FROM unnest(%s::text[], %s::bigint[]) AS made (key, job_id)
WHERE throttle.task = %s AND throttle.key = made.key
"""

# The jobs that keys made which are not admitted now. Index: throttle_key.
THROTTLED = "SELECT key, job_id FROM jobs_throttle WHERE task = %s AND key = ANY(%s)"

# The unfinished job that holds this key. The lock lets no worker start it before the caller's transaction ends: a job
# that started earlier would miss what the caller has written and relies on it to see. Index: job_unique_key.
HOLDER = """
SELECT id FROM jobs_job
WHERE task = %s AND unique_key = %s AND state IN ('waiting', 'delayed', 'waiting_children', 'active')
FOR KEY SHARE
"""

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

# Takes jobs that go by Celery messages for publication, in the transaction that publishes them. Index:
# job_ready_message.
PUBLISH = """
UPDATE jobs_job SET published_at = now()
WHERE id = ANY(ARRAY(
    SELECT id FROM jobs_job
    WHERE queue = %s AND state = 'waiting' AND lane = 'message' AND published_at IS NULL
    ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED))
RETURNING id, task, arguments::text, options::text, celery_id
"""

# Lets jobs of a queue be published again whose message has been under way for long. Index: job_ready_message.
UNPUBLISH = """
UPDATE jobs_job SET published_at = NULL
WHERE queue = %s AND state = 'waiting' AND lane = 'message' AND published_at < now() - %s
"""

# Which of these queues have jobs whose message has been under way for long. Index: job_ready_message.
QUEUES_WITH_OLD_MESSAGES = """
SELECT queue FROM unnest(%s::text[]) AS known (queue)
WHERE EXISTS (SELECT FROM jobs_job AS job WHERE job.queue = known.queue AND state = 'waiting' AND lane = 'message'
              AND published_at < now() - %s)
"""

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

# Locks the parents of children that ended, always in the same order. Index: primary key.
LOCK_PARENTS = "SELECT id FROM jobs_job WHERE id = ANY(%s) ORDER BY id FOR UPDATE"

# Takes ended children off parents that wait for them. A parent whose children have all ended becomes due, as it does
# when a child with the policy `continue` failed; with a child that failed for good it fails, and keeps that child among
# those left, so that a retry of the child brings it back. Index: primary key.
SETTLE_PARENTS = """
UPDATE jobs_job AS parent
SET children_left = greatest(children_left - gone.ended, 0),
    state = CASE WHEN gone.reason <> '' THEN 'failed'
                 WHEN children_left > gone.ended AND NOT gone.go_on THEN 'waiting_children'
                 WHEN run_at > now() THEN 'delayed' ELSE 'waiting' END,
    finished_at = CASE WHEN gone.reason <> '' THEN now() END,
    error = CASE WHEN gone.reason <> '' THEN gone.reason ELSE error END,
    fence = fence + 1
FROM unnest(%s::bigint[], %s::int[], %s::bool[], %s::text[]) AS gone (id, ended, go_on, reason)
WHERE parent.id = gone.id AND parent.state = 'waiting_children'
RETURNING parent.id, parent.state, parent.queue, parent.task, parent.arguments::text, parent.celery_id, parent.error,
          parent.parent_id, parent.on_failure
"""

# Takes ended children off parents that run already or have ended; nothing else comes of it. Index: primary key.
COUNT_DOWN = """
UPDATE jobs_job AS parent SET children_left = greatest(children_left - gone.ended, 0)
FROM unnest(%s::bigint[], %s::int[]) AS gone (id, ended)
WHERE parent.id = gone.id AND parent.state <> 'waiting_children'
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

# Which jobs their worker still has, or has completed. Index: primary key.
STANDING = """
SELECT job.id FROM jobs_job AS job JOIN unnest(%s::bigint[], %s::bigint[]) AS held (id, fence) ON job.id = held.id
WHERE job.fence = held.fence OR job.state = 'completed'
"""

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
    RETURNING job.id, job.queue, job.state, job.task, job.error, job.arguments::text, job.celery_id,
              job.parent_id, job.on_failure,
              expired.attempt, expired.worker, expired.started_at
), noted AS (
    INSERT INTO jobs_attempt (job_id, number, outcome, worker, started_at, error)
    SELECT id, attempt, 'stalled', worker, started_at, error FROM stalled
)
SELECT id, queue, state, task, error, arguments, celery_id, worker, parent_id, on_failure FROM stalled
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

# Writes down what groups of errors stand for. Those that there are already are left alone, without a lock. In the order
# of their numbers, so that two processes that meet the same new ones wait for each other and no more. Index: primary
# key.
INTRODUCE = """
INSERT INTO jobs_errorgroup (id, task, exception, message, frame, first_seen, last_seen, first_release, last_release)
SELECT id, task, exception, message, frame, now(), now(), %s, %s
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[]) AS new (id, task, exception, message, frame)
ORDER BY id
ON CONFLICT (id) DO NOTHING
"""

# Puts jobs that failed without an attempt of theirs ending into groups, with the attempts that were noted for them.
# Indexes: primary key, the foreign key of the attempts.
PUT_INTO_GROUPS = """
WITH found AS (
    SELECT * FROM unnest(%s::bigint[], %s::bigint[]) AS found (job_id, error_group_id)
), put AS (
    UPDATE jobs_job AS job SET error_group_id = found.error_group_id FROM found WHERE job.id = found.job_id
), noted AS (
    UPDATE jobs_attempt AS attempt SET error_group_id = found.error_group_id, release = %s
    FROM found WHERE attempt.id = (SELECT max(latest.id) FROM jobs_attempt AS latest WHERE latest.job_id = found.job_id)
    RETURNING attempt.id
)
INSERT INTO jobs_uncounted (attempt_id, is_final) SELECT id, true FROM noted
"""

# Keeps what jobs logged.
WRITE_LOG = """
INSERT INTO jobs_logline (job_id, attempt, at, level, line)
SELECT * FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[], %s::text[], %s::text[])
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
