"""The statements that write new jobs."""

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
