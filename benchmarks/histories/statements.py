"""The SQL that makes people and writes their records, whole sets at a time.

It stands in for the phones: the rows are those of `habits.merging`, and so are the marks.
"""

# People with one zone and start of day each, of an array that they take in turn; none of them can log in.
PEOPLE = """
INSERT INTO habits_user (email, password, name, is_superuser, is_staff, is_active, timezone, day_start, week_start,
                         locale)
SELECT 'p' || n || '@example.com', '!', '', false, false, true, (%(zones)s::text[])[1 + n %% cardinality(%(zones)s)],
       (ARRAY[0, 0, 180])[1 + n / 20 %% 3], n %% 7, 'en'
FROM generate_series(1, %(people)s) AS n
"""

# Habits, each with the rule of its place in an array of rules as JSON.
HABITS = """
INSERT INTO habits_habit (user_id, client_id, name, question, notes, category, color, kind, freq_num, freq_den,
    weekdays, target_type, target_value, unit, reminder_weekdays, position, deleted, created_at, updated_at,
    completions_version, stamps, version)
SELECT u.id, 'h' || n, 'Habit', '', '', (ARRAY['', 'body', 'mind'])[1 + n %% 3], '', rule.kind, rule.freq_num,
       rule.freq_den, rule.weekdays, rule.target_type, rule.target_value, '', 127, n, false, %(now)s,
       %(now)s, 0, '{}', 1
FROM habits_user u CROSS JOIN generate_series(1, %(each)s) AS n
CROSS JOIN LATERAL (
    SELECT * FROM jsonb_to_record(
        %(rules)s::jsonb -> ((u.id * 31 + n * 7) %% jsonb_array_length(%(rules)s::jsonb))::int)
    AS r (kind text, freq_num int, freq_den int, weekdays int, target_type text, target_value float8)
) AS rule (kind, freq_num, freq_den, weekdays, target_type, target_value)
ORDER BY u.id, n
"""

# Write records, the latest of a cell in place of an earlier one, and mark their habits since these days. The index is
# completion_cell_unique.
RECORDS = """
WITH given AS (
    SELECT * FROM unnest(%(users)s::bigint[], %(habits)s::bigint[], %(days)s::date[], %(slots)s::text[],
                         %(values)s::bigint[], %(skipped)s::boolean[], %(noted)s::boolean[], %(zones)s::text[])
                  AS g (user_id, habit_id, day, slot, value, skipped, noted, zone)
), marked AS (
    INSERT INTO analytics_dirtymark (user_id, habit_id, since)
    SELECT user_id, habit_id, min(day) FROM given GROUP BY user_id, habit_id
), told AS (
    UPDATE habits_habit SET completions_version = completions_version + 1
    WHERE id IN (SELECT habit_id FROM given)
)
INSERT INTO habits_completion (user_id, habit_id, day, slot, client_id, value, skipped, note, recorded_at,
    recorded_zone, source, value_ms, value_device, note_ms, note_device, version, created_at, updated_at)
SELECT user_id, habit_id, day, slot, concat_ws('-', habit_id, day, slot), value, skipped,
       CASE WHEN noted THEN 'rain' ELSE '' END, %(now)s, zone, 'app', 1, 'device', 0, '', 1, %(now)s, %(now)s
FROM given
ON CONFLICT (user_id, day, habit_id, slot) DO UPDATE
SET value = excluded.value, skipped = excluded.skipped, note = excluded.note, recorded_at = excluded.recorded_at,
    recorded_zone = excluded.recorded_zone, updated_at = excluded.updated_at
"""

# Take what waits of a task in the ledger, each job with this probability, as a worker would that is late with the rest.
TAKE = """
DELETE FROM jobs_job WHERE id IN (
    SELECT id FROM jobs_job WHERE task = %s AND state IN ('waiting', 'delayed') AND random() < %s ORDER BY id
) RETURNING arguments
"""

# The same of jobs for single people, of every eighth person a dozen times as often.
TAKE_PEOPLE = TAKE.replace("< %s", "< %s * CASE WHEN (arguments ->> 'user_id')::bigint %% 8 = 0 THEN 12 ELSE 1 END")

# What the nights came to; a day whose length is not 24 hours and that nobody's journey moved is one of a change of the
# clocks.
COUNTS = """
SELECT (SELECT count(*) FROM habits_habit), (SELECT count(*) FROM habits_completion),
       (SELECT count(*) FROM analytics_userday), (SELECT count(*) FROM analytics_userday WHERE neutral),
       (SELECT count(*) FROM analytics_userday WHERE NOT neutral AND ended_at - began_at <> interval '24 hours'),
       (SELECT count(*) FROM analytics_streakevent), (SELECT count(*) FROM analytics_userweek),
       (SELECT count(*) FROM analytics_usermonth)
"""
