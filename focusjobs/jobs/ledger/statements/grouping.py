"""The statements that put failures into groups."""

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
