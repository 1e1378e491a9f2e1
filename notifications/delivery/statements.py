"""The SQL of deliveries. Every write names the fence that its claim got, or changes nothing."""

CLAIMED_AT_ONCE = 500
"""Deliveries that a sender holds at most: so many may be repeated when it is killed."""

# Take deliveries for one attempt. The limit is a literal: with a parameter PostgreSQL's generic plan reads all that
# waits. Numbers are put into an array: for a join with what is due, a table of some 10,000 rows would be read from end
# to end. Index: delivery_pending, and the primary key.
CLAIM = """
    WITH due AS (
        SELECT id FROM notifications_delivery
        WHERE transport = %(transport)s AND state = 'pending' AND next_at <= %(now)s
        ORDER BY next_at LIMIT {limit}
        FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE notifications_delivery d SET state = 'claimed', lease_until = %(lease_until)s, attempts = attempts + 1,
           fence = fence + 1, claimed_by = %(claimed_by)s
    WHERE d.id = ANY(ARRAY(SELECT id FROM due))
    RETURNING d.id
"""

# Read what was claimed with all that its message needs. Index: the primary keys.
CLAIMED = """
    SELECT d.id, d.fence, d.attempts, d.not_after, n.id, n.user_id, n.kind, n.occurrence_key, n.reminder_id, n.day,
           n.habits, n.facts, u.email, u.is_active, u.locale, u.timezone, e.id, e.user_id, e.state, e.address,
           e.address_hash, e.address_kind, e.sandbox, e.locale, e.registered_at, e.wait_until, e.doubts
    FROM notifications_delivery d
    JOIN notifications_notification n ON n.id = d.notification_id
    JOIN habits_user u ON u.id = n.user_id
    LEFT JOIN notifications_device e ON e.id = d.device_id
    WHERE d.id = ANY(%s) AND d.state = 'claimed'
"""

# Write what became of deliveries, each only where its claim is the latest. An answer that comes after the lease is
# still worth more than not knowing. Index: the primary key.
RECORD = """
    UPDATE notifications_delivery d SET
        state = r.state, code = r.code, lease_until = NULL, attempts = d.attempts - r.refund,
        provider_id = CASE WHEN r.provider_id = '' THEN d.provider_id ELSE r.provider_id END,
        next_at = coalesce(r.next_at, d.next_at), sent_at = CASE WHEN r.state = 'sent' THEN %(now)s ELSE d.sent_at END
    FROM unnest(
        %(id)s::uuid[], %(fence)s::int[], %(state)s::text[], %(code)s::text[], %(provider_id)s::text[],
        %(next_at)s::timestamptz[], %(refund)s::int[]
    ) AS r (id, fence, state, code, provider_id, next_at, refund)
    WHERE d.id = r.id AND d.fence = r.fence
      AND (d.state = 'claimed' OR (d.state IN ('pending', 'unknown') AND r.state = 'sent'))
    RETURNING d.id, d.state
"""

# Take deliveries whose sender has not answered for them: nobody knows whether they were sent. Index: delivery_lease.
LOST = """
    SELECT d.id, d.fence, d.attempts, d.not_after, n.kind
    FROM notifications_delivery d JOIN notifications_notification n ON n.id = d.notification_id
    WHERE d.state = 'claimed' AND d.lease_until < %(now)s
    ORDER BY d.lease_until LIMIT 500
    FOR NO KEY UPDATE OF d SKIP LOCKED
"""

# End deliveries whose time is over before they could be sent, as while a provider is down. Index: delivery_pending.
EXPIRE = """
    WITH late AS (
        SELECT id FROM notifications_delivery
        WHERE transport = %(transport)s AND state = 'pending' AND not_after <= %(now)s
        ORDER BY next_at LIMIT 1000
        FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE notifications_delivery d SET state = 'expired', code = 'expired' WHERE d.id = ANY(ARRAY(SELECT id FROM late))
"""

# Retire devices that have not registered since they were claimed for, nor since their provider found them dead. Index:
# the primary key.
RETIRE = """
    UPDATE notifications_device d SET state = 'retired', retired_reason = %(reason)s, retired_at = %(now)s,
           address = '', doubts = 0
    FROM unnest(%(ids)s::bigint[], %(registered)s::timestamptz[], %(dead_since)s::timestamptz[])
         AS gone (id, registered_at, dead_since)
    WHERE d.id = gone.id AND d.state = 'active' AND d.registered_at = gone.registered_at
      AND (gone.dead_since IS NULL OR d.registered_at < gone.dead_since)
"""

# Write what was decided about deliveries whose sender has vanished. Index: the primary key.
SETTLE = """
    UPDATE notifications_delivery d SET state = s.state, code = s.code, lease_until = NULL,
           next_at = coalesce(s.next_at, d.next_at)
    FROM unnest(%(id)s::uuid[], %(fence)s::int[], %(state)s::text[], %(code)s::text[], %(next_at)s::timestamptz[])
         AS s (id, fence, state, code, next_at)
    WHERE d.id = s.id AND d.fence = s.fence AND d.state = 'claimed'
"""

# Delete the oldest notifications with all that belongs to them. Numbers rise with time, so that no index of times is
# needed. Index: the primary key, delivery_unique, and the one of the inbox's notification.
FORGET = """
    WITH old AS (
        SELECT id FROM (
            SELECT id, created_at FROM notifications_notification ORDER BY id LIMIT 1000
        ) AS oldest WHERE created_at < %(before)s
    ), deliveries AS (
        DELETE FROM notifications_delivery WHERE notification_id IN (SELECT id FROM old)
    ), items AS (
        DELETE FROM notifications_inboxitem WHERE notification_id IN (SELECT id FROM old)
    )
    DELETE FROM notifications_notification WHERE id IN (SELECT id FROM old)
"""
