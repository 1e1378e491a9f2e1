"""The SQL that fills a ledger with made-up history.

Parameters: `jobs` of all, the numbers `first` to `last` of those of one statement, `days` that they go back, `people`,
`after`, the number of the last job that was there before.
"""

# Made-up people, whose jobs these are; none of them can log in. Index: the unique one on addresses.
PEOPLE = """
INSERT INTO habits_user (email, password, name, is_superuser, is_staff, is_active, timezone, day_start, week_start,
                         locale)
SELECT 'person' || n || '@fill.example', '!', 'Person ' || n, false, false, true,
       (ARRAY['Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'UTC', 'Australia/Sydney'])[1 + n %% 5], 0, 0, 'en'
FROM generate_series(1, %(people)s) AS n
ON CONFLICT DO NOTHING
"""

# Jobs whose numbers rise with time, as those of a ledger do. Of 1,000 jobs about 950 completed, 30 failed, 8 were
# cancelled, 12 are delayed; the newest wait, and some are at work. `hash` looks like chance.
JOBS = """
INSERT INTO jobs_job (task, queue, arguments, state, attempt, fence, max_attempts, tries, user_id, worker, run_at,
                      created_at, started_at, finished_at, leased_until, error, error_group_id, progress)
SELECT kind.task, kind.queue, jsonb_build_object('habit_id', hash %% 900000, 'batch', n %% 400), state,
       CASE state WHEN 'waiting' THEN 0 WHEN 'delayed' THEN hash %% 2 WHEN 'failed' THEN 3 ELSE 1 END, 2, 3, 3,
       someone.ids[1 + abs(hashint8(n + 12345)::bigint) %% cardinality(someone.ids)],
       CASE WHEN state IN ('waiting', 'delayed') THEN ''
            ELSE (101 + hash %% 4) || '@host-' || (1 + hash %% 3) END,
       CASE state WHEN 'delayed' THEN now() + (hash %% 86400) * interval '1 s' ELSE at END,
       CASE state WHEN 'failed' THEN at - interval '1 min' ELSE at END,
       CASE WHEN state NOT IN ('waiting', 'delayed') THEN at + wait END,
       CASE WHEN state IN ('completed', 'failed', 'cancelled') THEN at + wait + run END,
       CASE WHEN state = 'active' THEN now() + interval '10 min' END,
       CASE WHEN state = 'cancelled' THEN 'Cancelled by ana@example.com: sent by hand'
            WHEN state = 'failed' OR (state = 'delayed' AND hash %% 2 = 1)
                 THEN replace(fault.error, '#', (hash %% 9000)::text)
            ELSE '' END,
       CASE WHEN state = 'failed' THEN fault.id END,
       CASE WHEN state = 'active' AND hash %% 3 = 0
            THEN jsonb_build_object('done', hash %% 100, 'total', 100, 'note', 'rows written') END
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
CROSS JOIN (SELECT array_agg(id) AS ids FROM habits_user WHERE email LIKE 'person%%@fill.example') AS someone
CROSS JOIN LATERAL (SELECT abs(hashint8(n)::bigint) AS hash) AS random
CROSS JOIN LATERAL (SELECT now() - %(days)s * interval '1 day' * (1 - n::float8 / %(jobs)s) AS at,
                           (hash %% 90) * interval '1 ms' AS wait, (3 + hash %% 400) * interval '1 ms' AS run) AS times
CROSS JOIN LATERAL (SELECT CASE
    WHEN n > %(jobs)s - 12 THEN 'active'
    WHEN n > %(jobs)s - 12 - %(jobs)s / 250 THEN 'waiting'
    WHEN hash %% 1000 < 30 THEN 'failed' WHEN hash %% 1000 < 38 THEN 'cancelled'
    WHEN hash %% 1000 < 50 AND n > %(jobs)s / 2 THEN 'delayed' ELSE 'completed' END AS state) AS states
CROSS JOIN LATERAL (SELECT 1 + hash / 1000 %% 10 AS kind) AS drawn
CROSS JOIN LATERAL (SELECT (ARRAY[
    'analytics.refresh_habit', 'analytics.refresh_habit', 'analytics.refresh_habit', 'analytics.close_days',
    'notifications.deliver_batch', 'notifications.deliver_batch', 'notifications.plan_reminders', 'habits.merge_push',
    'habits.merge_push', 'habits.import_backup'])[drawn.kind] AS task, CASE
    WHEN state = 'waiting' THEN 'notifications'
    ELSE (ARRAY['statistics', 'statistics', 'statistics', 'statistics', 'notifications', 'notifications',
                'notifications', 'default', 'default', 'imports'])[drawn.kind] END AS queue) AS kind
CROSS JOIN LATERAL (
    SELECT id, last_error AS error FROM jobs_errorgroup WHERE jobs_errorgroup.task = kind.task AND note = 'made up'
    ORDER BY id OFFSET hash / 7 %% 2 LIMIT 1) AS fault
"""

# The ways in which made-up jobs fail, two for each task.
GROUPS = """
INSERT INTO jobs_errorgroup (id, task, exception, message, frame, first_seen, last_seen, first_release, last_release,
                             last_error, note, state)
SELECT (abs(hashtextextended(task || exception, 7)) >> 4), task, exception, message, frame, now() - interval '7 days',
       now() - interval '1 min', '2026.11.1', '2026.11.3', exception || ': ' || sample, 'made up', 'open'
FROM (VALUES
    ('analytics.refresh_habit', 'KeyError', '<text>', '''frequency''', 'analytics/rollups.py:strengths'),
    ('analytics.refresh_habit', 'ValueError', 'habit <number> has no schedule', 'habit # has no schedule',
     'habits/selectors.py:schedule_of'),
    ('analytics.close_days', 'django.db.utils.OperationalError', 'server closed the connection unexpectedly',
     'server closed the connection unexpectedly', 'analytics/rollups.py:close'),
    ('analytics.close_days', 'focusjobs.jobs.errors.JobTimeout', 'ran longer than <number> s', 'ran longer than 120 s',
     'analytics/tasks.py:close_days'),
    ('notifications.deliver_batch', 'ConnectionRefusedError', 'APNs at <number>:<number> refused the connection',
     'APNs at 17.188.143.34:443 refused the connection', 'notifications/delivery.py:send'),
    ('notifications.deliver_batch', 'notifications.errors.ProviderError',
     '<number> Service Unavailable from fcm.googleapis.com for batch <number>',
     '503 Service Unavailable from fcm.googleapis.com for batch #', 'notifications/delivery.py:send'),
    ('notifications.plan_reminders', 'zoneinfo.ZoneInfoNotFoundError', 'No time zone found with key <text>',
     'No time zone found with key ''Europe/Kyev''', 'notifications/planning.py:next_fire'),
    ('notifications.plan_reminders', 'TimeoutError', 'no answer within <number> s', 'no answer within 30 s',
     'notifications/planning.py:claim'),
    ('habits.merge_push', 'django.db.utils.IntegrityError', 'duplicate key value violates unique constraint <text>',
     'duplicate key value violates unique constraint "habit_client_id"', 'habits/sync/drain.py:merge'),
    ('habits.merge_push', 'UnicodeDecodeError', '<text> codec can''t decode byte <hex> in position <number>',
     '''utf-8'' codec can''t decode byte 0xff in position #', 'habits/sync/inbox.py:rows'),
    ('habits.import_backup', 'habits.imports.detect.UnknownBackup', 'This is no backup that can be read.',
     'This is no backup that can be read.', 'habits/imports/detect.py:reader_of'),
    ('habits.import_backup', 'sqlite3.DatabaseError', 'database disk image is malformed',
     'database disk image is malformed', 'habits/imports/sqlite_file.py:opened')
) AS known (task, exception, message, sample, frame)
ON CONFLICT DO NOTHING
"""

# What the groups have come to. Index: job_of_error_group.
COUNTED = """
UPDATE jobs_errorgroup AS grouped SET jobs = counted.jobs, failed = counted.jobs, attempts = 3 * counted.jobs,
       users = counted.users, last_job_id = counted.last, last_seen = counted.at
FROM (SELECT error_group_id, count(*) AS jobs, least(count(DISTINCT user_id), 10000) AS users, max(id) AS last,
             max(finished_at) AS at
      FROM jobs_job WHERE state = 'failed' AND id > %(after)s GROUP BY error_group_id) AS counted
WHERE counted.error_group_id = grouped.id
"""

HOURS = """
INSERT INTO jobs_errorhour (group_id, hour, jobs, attempts)
SELECT error_group_id, date_trunc('hour', finished_at), count(*), 3 * count(*)
FROM jobs_job WHERE state = 'failed' AND id > %(after)s AND error_group_id IS NOT NULL GROUP BY 1, 2
ON CONFLICT DO NOTHING
"""

# Three attempts of each failed job. Index: job_finished finds the jobs.
ATTEMPTS = """
INSERT INTO jobs_attempt (job_id, number, outcome, worker, started_at, finished_at, error, traceback, release,
                          error_group_id)
SELECT job.id, number, 'failed', CASE number WHEN 1 THEN '104@host-2' ELSE job.worker END,
       job.started_at - (3 - number) * interval '20 s', job.finished_at - (3 - number) * interval '20 s', job.error,
       E'Traceback (most recent call last):\n  File "/app/focusjobs/jobs/worker/attempt.py", line 88, in run\n'
       '    value = task.run(**arguments)\n  File "/app/' || split_part(grouped.frame, ':', 1)
       || E'", line ' || 40 + length(job.error) %% 60 || E', in ' || split_part(grouped.frame, ':', 2)
       || E'\n    answer = client.send(batch)\n  File "/usr/lib/python3.11/site-packages/client/session.py", line 211, '
       'in send\n    raise error\n' || job.error || E'\n', '2026.11.3', job.error_group_id
FROM jobs_job AS job JOIN jobs_errorgroup AS grouped ON grouped.id = job.error_group_id, generate_series(1, 3) AS number
WHERE job.state = 'failed' AND job.id > %(after)s
"""

# What Celery keeps of failed jobs. Index: job_finished finds the jobs.
RESULTS = """
INSERT INTO django_celery_results_taskresult
    (task_id, task_name, task_kwargs, status, worker, content_type, content_encoding, result, traceback, meta,
     date_created, date_done)
SELECT 'f0c0510b-0000-8000-' || lpad(to_hex(32768 + (job.id >> 48)), 4, '0') || '-'
           || lpad(to_hex(job.id & 281474976710655), 12, '0'),
       job.task, job.arguments::text, 'FAILURE', job.worker, 'application/json', 'utf-8',
       json_build_object('exc_type', split_part(job.error, ':', 1),
                         'exc_message', json_build_array(split_part(job.error, ': ', 2)), 'exc_module', 'builtins'),
       attempt.traceback, '{"children": []}', job.finished_at, job.finished_at
FROM jobs_job AS job JOIN jobs_attempt AS attempt ON attempt.job_id = job.id AND attempt.number = 3
WHERE job.state = 'failed' AND job.id > %(after)s
ON CONFLICT DO NOTHING
"""

# Counts of each minute of the last eight days, with a busy part of the day and one bad hour.
TALLIES = """
INSERT INTO jobs_tally (minute, task, queue, completed, failed, errors, cancelled, run_seconds, wait_seconds,
                        run_buckets, wait_buckets)
SELECT minute, task, queue, ended, bad, bad * 3, ended / 120, ended * 0.2, ended * 0.05,
       ARRAY[0, 0, ended / 20, ended / 10, ended / 8, ended / 6, ended / 5, ended / 4, ended / 12, ended / 40, bad, 0,
             0, 0, 0, 0, 0, 0, 0],
       ARRAY[ended / 3, ended / 4, ended / 6, ended / 10, ended / 12, ended / 20, ended / 30, ended / 60, bad, 0, 0,
             0, 0, 0, 0, 0, 0, 0, 0]
FROM (VALUES ('analytics.refresh_habit', 'statistics', 3), ('analytics.close_days', 'statistics', 1),
             ('notifications.deliver_batch', 'notifications', 2), ('notifications.plan_reminders', 'notifications', 1),
             ('habits.merge_push', 'default', 2), ('habits.import_backup', 'imports', 1)) AS kind (task, queue, share)
CROSS JOIN generate_series(date_trunc('minute', now()) - interval '8 days', now(), interval '1 min') AS minute
CROSS JOIN LATERAL (SELECT ceil(share * %(jobs)s / 100800.0 * (1 + 0.6 * sin(extract(epoch FROM minute) / 13750)
                            + 0.2 * (abs(hashtext(task || minute)) %% 100) / 100.0))::bigint AS ended) AS much
CROSS JOIN LATERAL (SELECT (ended * CASE WHEN queue = 'notifications' AND minute > now() - interval '50 min'
                                         THEN 0.14 ELSE 0.03 END)::bigint AS bad) AS wrong
ON CONFLICT DO NOTHING
"""

# Keeps workers from made-up jobs, whose tasks they do not know.
PAUSE = """
INSERT INTO jobs_queue (name, paused_at, paused_by, pause_reason)
VALUES ('notifications', now(), 'make fill', 'its jobs are made up')
ON CONFLICT (name) DO UPDATE
SET paused_at = now(), paused_by = excluded.paused_by, pause_reason = excluded.pause_reason
"""
