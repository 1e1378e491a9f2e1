"""The statements that tell parents of the ends of their children."""

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
RETURNING parent.id, parent.task, parent.queue, parent.state, parent.error, parent.parent_id, parent.on_failure,
          parent.arguments::text, parent.celery_id, ''
"""

# Takes ended children off parents that run already or have ended; nothing else comes of it. Index: primary key.
COUNT_DOWN = """
UPDATE jobs_job AS parent SET children_left = greatest(children_left - gone.ended, 0)
FROM unnest(%s::bigint[], %s::int[]) AS gone (id, ended)
WHERE parent.id = gone.id AND parent.state <> 'waiting_children'
"""
