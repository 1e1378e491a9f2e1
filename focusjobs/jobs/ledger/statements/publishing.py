"""The statements about jobs that go by Celery messages of their own."""

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
