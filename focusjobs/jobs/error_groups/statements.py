"""The statements that count and sort groups of errors, each with its purpose, its guarantee and its index."""

# Counts attempts that were noted since the last time: in their groups, by the hour, and whom they hit, up to a cap.
# Each is counted once, whoever counts, since its word is taken away in the same statement. Answers which groups that
# are said to be mended were met, in which release and when those attempts had begun. Indexes: the primary keys, the
# foreign key of the attempts' jobs, errorhour_once, erroruser_once.
FOLD = """
WITH taken AS (
    DELETE FROM jobs_uncounted WHERE attempt_id = ANY(ARRAY(
        SELECT attempt_id FROM jobs_uncounted ORDER BY attempt_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED))
    RETURNING attempt_id, is_final
), met AS MATERIALIZED (
    SELECT attempt.id, attempt.error_group_id AS group_id, attempt.job_id, attempt.finished_at AS at,
           coalesce(attempt.started_at, attempt.finished_at) AS began_at, attempt.release, attempt.error, job.user_id,
           taken.is_final, NOT EXISTS (
               SELECT FROM jobs_attempt AS earlier
               WHERE earlier.job_id = attempt.job_id AND earlier.error_group_id = attempt.error_group_id
               AND earlier.id < attempt.id) AS is_new
    FROM taken
    JOIN jobs_attempt AS attempt ON attempt.id = taken.attempt_id
    JOIN jobs_job AS job ON job.id = attempt.job_id
    JOIN jobs_errorgroup AS known ON known.id = attempt.error_group_id
), people AS (
    INSERT INTO jobs_erroruser (group_id, user_id)
    SELECT DISTINCT met.group_id, met.user_id FROM met
    JOIN jobs_errorgroup AS known ON known.id = met.group_id
    WHERE met.user_id IS NOT NULL AND met.is_new AND known.users < %(cap)s
    ON CONFLICT (group_id, user_id) DO NOTHING
    RETURNING group_id
), hours AS (
    INSERT INTO jobs_errorhour AS old (group_id, hour, jobs, attempts)
    SELECT group_id, date_trunc('hour', at, 'UTC'), count(*) FILTER (WHERE is_new), count(*) FROM met
    GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (group_id, hour) DO UPDATE
    SET jobs = old.jobs + excluded.jobs, attempts = old.attempts + excluded.attempts
), counted AS (
    UPDATE jobs_errorgroup AS old
    SET jobs = old.jobs + new.jobs, attempts = old.attempts + new.attempts, failed = old.failed + new.failed,
        users = least(old.users + (SELECT count(*) FROM people WHERE people.group_id = old.id), %(cap)s),
        first_seen = least(old.first_seen, new.first_at), last_seen = greatest(old.last_seen, new.last_at),
        last_release = new.release, last_job_id = new.job_id, last_error = new.error
    FROM (SELECT group_id, count(*) FILTER (WHERE is_new) AS jobs, count(*) AS attempts,
                 count(*) FILTER (WHERE is_final) AS failed, min(at) AS first_at, max(at) AS last_at,
                 (array_agg(release ORDER BY id DESC))[1] AS release, (array_agg(job_id ORDER BY id DESC))[1] AS job_id,
                 (array_agg(error ORDER BY id DESC))[1] AS error
          FROM met GROUP BY group_id) AS new
    WHERE old.id = new.group_id
    RETURNING old.id, old.state
)
SELECT (SELECT count(*) FROM taken), counted.id, met.release, max(met.began_at)
FROM (SELECT 1) AS always
LEFT JOIN (counted JOIN met ON met.group_id = counted.id AND counted.state = 'fixed') ON true
GROUP BY counted.id, met.release
"""

# Opens groups again that are met though they are said to be mended. Index: primary key.
REGRESS = """
UPDATE jobs_errorgroup AS old SET state = 'open', regressed_at = now(), regressed_in = new.release
FROM unnest(%s::bigint[], %s::text[]) AS new (id, release)
WHERE old.id = new.id AND old.state = 'fixed'
"""

# Opens groups again that were ignored for a while. Index: errorgroup_ignored.
OPEN_AGAIN = """
UPDATE jobs_errorgroup SET state = 'open', ignored_until = NULL
WHERE state = 'ignored' AND ignored_until <= now()
"""

# Forgets hours that no chart shows any more. Index: errorhour_hour.
DELETE_OLD_HOURS = """
DELETE FROM jobs_errorhour WHERE id = ANY(ARRAY(SELECT id FROM jobs_errorhour WHERE hour < now() - %s LIMIT %s))
"""

# Forgets groups that were not met for long and of which no job is left, with whom they hit. Indexes:
# errorgroup_last_seen, job_of_error_group, erroruser_once, errorhour_once.
DELETE_OLD_GROUPS = """
WITH old AS MATERIALIZED (
    SELECT id FROM jobs_errorgroup AS known
    WHERE last_seen < now() - %s AND note = '' AND (SELECT job.id FROM jobs_job AS job
        WHERE job.error_group_id = known.id ORDER BY job.id LIMIT 1) IS NULL
    ORDER BY last_seen LIMIT %s FOR UPDATE SKIP LOCKED
), people AS (DELETE FROM jobs_erroruser USING old WHERE group_id = old.id),
hours AS (DELETE FROM jobs_errorhour USING old WHERE group_id = old.id)
DELETE FROM jobs_errorgroup USING old WHERE jobs_errorgroup.id = old.id
"""

# How often groups were met in each of the last hours. Index: errorhour_once.
HOURS = """
SELECT group_id, hour, attempts FROM jobs_errorhour WHERE group_id = ANY(%s) AND hour >= %s ORDER BY group_id, hour
"""

# Open groups that were met in the latest hours, with how often that was and how often in as many hours before. Indexes:
# errorgroup_latest, errorhour_once.
GROWING = """
SELECT known.id, coalesce(sum(attempts) FILTER (WHERE hour >= %(start)s), 0)::bigint,
       coalesce(sum(attempts) FILTER (WHERE hour < %(start)s), 0)::bigint
FROM (SELECT id FROM jobs_errorgroup WHERE state = 'open' AND last_seen >= %(start)s
      ORDER BY last_seen DESC LIMIT %(most)s) AS known
JOIN jobs_errorhour AS met ON met.group_id = known.id AND met.hour >= %(start_before)s
GROUP BY known.id ORDER BY 2 DESC, 1 LIMIT %(limit)s
"""
