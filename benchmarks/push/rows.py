"""Reminders, people and devices of the benchmark, made with SQL."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from benchmarks.servers import database

ZONES = (
    *("Pacific/Honolulu", "America/Anchorage", "America/Los_Angeles", "America/Denver", "America/Phoenix"),
    *("America/Chicago", "America/Mexico_City", "America/New_York", "America/Toronto", "America/Bogota"),
    *("America/Caracas", "America/Halifax", "America/Santiago", "America/Sao_Paulo", "America/St_Johns"),
    *("Atlantic/Azores", "Atlantic/Reykjavik", "Europe/London", "Europe/Lisbon", "Africa/Lagos", "Europe/Berlin"),
    *("Europe/Paris", "Europe/Madrid", "Europe/Rome", "Europe/Warsaw", "Europe/Stockholm", "Africa/Cairo"),
    *("Europe/Athens", "Europe/Kyiv", "Africa/Johannesburg", "Europe/Istanbul", "Europe/Moscow", "Africa/Nairobi"),
    *("Asia/Tehran", "Asia/Dubai", "Asia/Kabul", "Asia/Karachi", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Dhaka"),
    *("Asia/Bangkok", "Asia/Shanghai", "Asia/Manila", "Australia/Perth", "Asia/Tokyo", "Australia/Adelaide"),
    *("Australia/Sydney", "Pacific/Auckland"),
)
"""48, from the last to the first to see a day."""

PEOPLE = """
INSERT INTO habits_user (id, password, is_superuser, email, name, is_staff, is_active, timezone, day_start, week_start,
                         locale)
SELECT n, '', false, 'p' || n || '@example.com', '', false, true, (%(zones)s::text[])[1 + n %% 48], 0, 0, 'en'
FROM generate_series(1, %(people)s) AS n
"""

HABITS = """
INSERT INTO habits_habit (
    id, user_id, client_id, name, question, notes, category, color, kind, freq_num, freq_den, weekdays, target_type,
    target_value, unit, reminder_weekdays, position, deleted, updated_at, completions_version, stamps, version
)
SELECT id, id, gen_random_uuid()::text, 'Walk ' || id, '', '', '', '', 'yes_no', 1, 1, 127, 'at_least', 0, '', 127, 1,
       false, now(), 0, '{}', 2
FROM habits_user
"""

# Half of the reminders are for every day, the others for workdays, weekends, three days or one, as people choose. They
# are on quarters of hours.
REMINDERS = """
INSERT INTO notifications_reminder (user_id, kind, origin, habit_id, label, category, local_time, weekdays, timezone,
                                    enabled, next_fire_at, next_local_date)
SELECT u.id, 'habit', 'person', u.id, '', '', at, mask, '', true, (day + at) AT TIME ZONE u.timezone, day
FROM habits_user u, generate_series(1, %(each)s) AS n,
     LATERAL (SELECT time '00:00' + (u.id * 7 + n * 19) %% 96 * interval '15 minutes' AS at,
                     CASE WHEN (u.id + n) %% 2 = 0 THEN 127
                          ELSE (ARRAY[31, 96, 21, 42, 11, 1, 2, 4, 8, 16, 32, 64])[1 + (u.id / 2 + n) %% 12]
                     END AS mask) AS chosen,
     LATERAL (SELECT %(day)s::date + k AS day FROM generate_series(0, 6) AS k
              WHERE mask >> (extract(isodow FROM %(day)s::date + k)::int - 1) & 1 = 1
              ORDER BY k LIMIT 1) AS next
"""

DUE = """
INSERT INTO notifications_reminder (user_id, kind, origin, habit_id, label, category, local_time, weekdays, timezone,
                                    enabled, next_fire_at, next_local_date)
SELECT id, 'habit', 'person', id, '', '', localtime(0), 127, '', true, now(), (now() AT TIME ZONE timezone)::date
FROM habits_user
"""

DEVICES = """
INSERT INTO notifications_device (user_id, platform, transport, app, sandbox, address_kind, address, address_hash,
                                  locale, timezone, app_version, registered_at, last_seen_at, state, retired_reason,
                                  doubts)
SELECT n, 'android', 'fcm', '', false, 'token', address, digest, '', '', '', now(), now(), 'active', '', 0
FROM unnest(%(addresses)s::text[], %(digests)s::text[]) WITH ORDINALITY AS d (address, digest, n)
"""

CLEAR = """
TRUNCATE habits_user, habits_habit, notifications_reminder, notifications_notification, notifications_delivery,
         notifications_device, notifications_inboxitem, notifications_providerstate CASCADE
"""

AGAIN = """
UPDATE notifications_delivery SET state = 'pending', attempts = 0, next_at = now(), lease_until = NULL, sent_at = NULL,
       provider_id = '', not_after = now() + interval '1 hour'
WHERE id IN (SELECT id FROM notifications_delivery LIMIT %(most)s)
"""

PACE = """
INSERT INTO notifications_providerstate (transport, breaker, breaker_reason, recent, failures, paused_reason, pace,
                                         problem)
VALUES ('fcm', 'closed', '', '', 0, '', %(pace)s, '')
ON CONFLICT (transport) DO UPDATE SET pace = excluded.pace
"""


def fill_day(reminders: int, day: datetime) -> float:
    """Make reminders, five a person, as of the beginning of a day; give the seconds that it took."""
    started = time.monotonic()
    _fill(reminders // 5, (REMINDERS, {"each": 5, "day": day.date()}))
    return time.monotonic() - started


def fill_due(people: int, sealed: list[tuple[str, str]]) -> None:
    """Make people with a habit, a reminder that is due and a device each. sealed: their addresses, with the hashes."""
    addresses, digests = zip(*sealed, strict=True)
    _fill(people, (DUE, {}), (DEVICES, {"addresses": list(addresses), "digests": list(digests)}))


def due_again(most: int) -> None:
    """Let so many deliveries be due as if they had never been sent."""
    _run((AGAIN, {"most": most}))
    with database() as connection:
        connection.execute("VACUUM ANALYZE notifications_delivery")
        connection.execute("CHECKPOINT")


def set_pace(pace: str) -> None:
    """Set the pace of FCM, as JSON."""
    _run((PACE, {"pace": pace}))


def _fill(people: int, *more: tuple[str, dict[str, Any]]) -> None:
    _run((CLEAR, {}), (PEOPLE, {"people": people, "zones": list(ZONES)}), (HABITS, {}), *more)
    with database() as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def _run(*statements: tuple[str, dict[str, Any]]) -> None:
    with database() as connection, connection.transaction():
        connection.execute("SELECT set_config('sync.version', 'benchmark', true)")
        for statement, values in statements:
            connection.execute(statement, values or None)
