"""The SQL of planning. Limits are literals: with one as a parameter PostgreSQL's generic plan reads all that is due."""

FIRED_AT_ONCE = 2000
"""Reminders that are taken in one transaction."""

DECIDED_AT_ONCE = 500
"""Notifications that are decided about in one transaction."""

# Take reminders that are due, and give them in groups that have the same next time: at one moment many do. Whoever
# comes at the same time takes others. Index: reminder_due.
DUE_REMINDERS = f"""
    WITH due AS (
        SELECT r.id, r.kind, r.local_time, r.weekdays, r.next_fire_at, r.next_local_date, r.fired_on, r.snooze_until,
               coalesce(nullif(r.timezone, ''), u.timezone) AS zone, u.timezone AS persons_zone, u.day_start
        FROM notifications_reminder r JOIN habits_user u ON u.id = r.user_id
        WHERE r.next_fire_at <= %s
        ORDER BY r.next_fire_at LIMIT {FIRED_AT_ONCE}
        FOR NO KEY UPDATE OF r SKIP LOCKED
    )
    SELECT string_agg(id::text, ','), count(*), kind, local_time, weekdays, next_fire_at, next_local_date, fired_on,
           snooze_until, zone, persons_zone, day_start
    FROM due
    GROUP BY kind, local_time, weekdays, next_fire_at, next_local_date, fired_on, snooze_until, zone, persons_zone,
             day_start
"""  # noqa: S608 - made of a constant

# A number up to 2**32 for each person: as in `notifications.domain.due.spread`, in halves of 16 bits so that nothing
# overflows.
SHARE = """
    (((user_id & 65535) * 2654435761 + ((((user_id >> 16) & 65535) * 2654435761 & 65535) << 16)) & 4294967295)
"""

# Move reminders on and plan a notification for each, at most one an occurrence. Answers when something is to be told.
# Index: the primary key, and notification_occurrence_unique.
FIRE = f"""
    WITH moved AS (
        UPDATE notifications_reminder r SET next_fire_at = g.next_fire_at, next_local_date = g.next_day,
               fired_on = g.fired_on, snooze_until = g.snooze_until
        FROM (
            SELECT id, number FROM unnest(%(id)s::bigint[], %(number)s::int[]) AS f (id, number) ORDER BY id
        ) AS f, unnest(
            %(next_fire_at)s::timestamptz[], %(next_day)s::date[], %(fired_on)s::date[],
            %(snooze_until)s::timestamptz[], %(key)s::text[], %(day)s::date[], %(fire_at)s::timestamptz[],
            %(not_after)s::timestamptz[]
        ) WITH ORDINALITY
            AS g (next_fire_at, next_day, fired_on, snooze_until, key, day, fire_at, not_after, number)
        WHERE r.id = f.id AND g.number = f.number
        RETURNING r.id, r.user_id, r.kind, r.habit_id, format(g.key, r.id) AS key, g.day, g.fire_at, g.not_after,
                  %(now)s >= g.not_after AS is_late
    ), spread AS (
        SELECT *, fire_at + ({SHARE} * %(spread)s >> 32) * interval '1 second' AS due_at FROM moved
    ), planned AS (
        INSERT INTO notifications_notification (
            user_id, kind, occurrence_key, reminder_id, day, fire_at, due_at, not_after, habits, facts, state, reason,
            pushed, decided_at
        )
        SELECT user_id, kind, key, id, day, fire_at, CASE WHEN due_at < not_after THEN due_at ELSE fire_at END,
               not_after, CASE WHEN habit_id IS NULL THEN '[]' ELSE jsonb_build_array(habit_id) END, '{{}}',
               CASE WHEN is_late THEN 'suppressed' ELSE 'planned' END, CASE WHEN is_late THEN 'late' ELSE '' END,
               false, CASE WHEN is_late THEN %(now)s END
        FROM spread
        ON CONFLICT (user_id, kind, occurrence_key) DO NOTHING
        RETURNING state, due_at
    )
    SELECT DISTINCT due_at FROM planned WHERE state = 'planned'
"""  # noqa: S608 - made of a constant

# Take people to whom something is to be told, by their rows, so that each is with one worker: what is told in one, and
# how many a day, then has one judge. Index: notification_due.
DUE_PEOPLE = f"""
    SELECT n.id, n.user_id, n.due_at
    FROM notifications_notification n JOIN habits_user u ON u.id = n.user_id
    WHERE n.state = 'planned' AND n.due_at <= %s
    ORDER BY n.due_at, n.user_id LIMIT {DECIDED_AT_ONCE}
    FOR NO KEY UPDATE OF u SKIP LOCKED
"""  # noqa: S608 - made of a constant

# Read what was taken, as it is now that nobody else decides; with what the limit has cut off from the last person.
# Index: the primary key, and notification_due.
TAKEN = """
    SELECT n.id, n.user_id, n.kind, n.occurrence_key, n.reminder_id, n.day, n.fire_at, n.due_at, n.not_after, n.habits,
           n.facts
    FROM notifications_notification n
    WHERE n.id IN (
        SELECT unnest(%(ids)s::bigint[])
        UNION SELECT id FROM notifications_notification
        WHERE state = 'planned' AND due_at = %(due_at)s AND user_id = %(user_id)s
    ) AND n.state = 'planned'
    ORDER BY n.due_at, n.user_id, n.id
    FOR NO KEY UPDATE
"""

# Write what was decided. Index: the primary key.
DECIDE = """
    UPDATE notifications_notification n SET
        state = d.state, reason = d.reason, due_at = d.due_at, not_after = d.not_after, habits = d.habits,
        facts = d.facts, pushed = d.pushed, merged_into_id = d.merged_into_id,
        decided_at = CASE WHEN d.state = 'planned' THEN NULL ELSE %(now)s END
    FROM unnest(
        %(id)s::bigint[], %(state)s::text[], %(reason)s::text[], %(due_at)s::timestamptz[],
        %(not_after)s::timestamptz[], %(habits)s::jsonb[], %(facts)s::jsonb[], %(pushed)s::boolean[],
        %(merged_into_id)s::bigint[]
    ) AS d (id, state, reason, due_at, not_after, habits, facts, pushed, merged_into_id)
    WHERE n.id = d.id
"""

# Write what is to be sent; what is there already stays. Index: the primary key.
DELIVER = """
    INSERT INTO notifications_delivery (
        id, notification_id, device_id, transport, state, next_at, not_after, attempts, fence, claimed_by, code,
        provider_id
    )
    SELECT id, notification_id, device_id, transport, 'pending', %(now)s, not_after, 0, 0, '', '', ''
    FROM unnest(
        %(id)s::uuid[], %(notification_id)s::bigint[], %(device_id)s::bigint[], %(transport)s::text[],
        %(not_after)s::timestamptz[]
    ) AS d (id, notification_id, device_id, transport, not_after)
    ON CONFLICT DO NOTHING
"""
