"""Every statement that runs again and again finds its rows by an index, however many there are."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from notifications.delivery.claiming import claim, wait_for_next
from notifications.delivery.recording import record
from notifications.delivery.statements import CLAIM, CLAIMED, CLAIMED_AT_ONCE, EXPIRE, LOST, RECORD, RETIRE, SETTLE
from notifications.delivery.upkeep import expire, settle_lost, waiting
from notifications.domain.pace import Pace
from notifications.models import ProviderState
from notifications.planning.dispatching import dispatch_due, is_anything_due
from notifications.planning.firing import fire_due
from notifications.planning.statements import DECIDE, DUE_PEOPLE, DUE_REMINDERS, FIRE, TAKEN
from notifications.transports.groups import MOST
from notifications.transports.outcome import GONE, OK
from tests.explaining import Explaining

pytestmark = pytest.mark.django_db

TABLES = ("notifications_reminder", "notifications_notification", "notifications_delivery", "notifications_device")

# 10,000 people with reminders of which 2 in 100 are due, and 60,000 deliveries: 20,000 wait, of which 5 in 100 are due;
# 100 have lost their sender, 100 are too late, and the others were sent.
FILL = """
INSERT INTO habits_user (password, is_superuser, email, name, is_staff, is_active, timezone, day_start, week_start,
                         locale)
SELECT '', false, 'p' || n || '@example.com', '', false, true, 'Europe/Berlin', 0, 0, 'en'
FROM generate_series(1, 10000) n;
INSERT INTO notifications_reminder (user_id, kind, origin, label, category, local_time, weekdays, timezone, enabled,
                                    next_fire_at, next_local_date)
SELECT id, 'routine', 'person', '', '', '08:00', 127, '', true,
       now() + (row_number() OVER () - 200) * interval '1 hour', now()::date
FROM habits_user, generate_series(0, 4);
INSERT INTO notifications_device (user_id, platform, transport, app, sandbox, address_kind, address, address_hash,
                                  locale, timezone, app_version, registered_at, last_seen_at, state, retired_reason,
                                  doubts)
SELECT id, 'android', 'file', '', false, 'token', '', id::text, '', '', '', now(), now(), 'active', '', 0
FROM habits_user;
INSERT INTO notifications_notification (user_id, kind, occurrence_key, day, fire_at, due_at, not_after, habits, facts,
                                        state, reason, pushed)
SELECT id, 'test', 'n' || n, now()::date, now(), now() - n * interval '1 day', now() + interval '1 hour', '[]', '{}',
       CASE WHEN n = 0 AND id % 50 = 0 THEN 'planned' ELSE 'dispatched' END, '', true
FROM habits_user, generate_series(0, 5) n;
ANALYZE notifications_device, notifications_notification;
INSERT INTO notifications_delivery (id, notification_id, device_id, transport, state, next_at, not_after, attempts,
                                    fence, claimed_by, code, provider_id, lease_until)
SELECT gen_random_uuid(), n.id, d.id, 'file', states.state,
       now() + interval '1 hour' * CASE WHEN states.state = 'pending' AND n.id % 60 = 0 THEN -1 ELSE 1 END,
       now() + CASE WHEN n.id % 600 = 0 THEN interval '-1 second' ELSE interval '1 hour' END, 0, 0, '', '', '',
       CASE WHEN states.state = 'claimed' THEN now() - interval '1 minute' END
FROM notifications_notification n JOIN notifications_device d USING (user_id),
     LATERAL (SELECT CASE WHEN n.id % 3 = 0 THEN 'pending' WHEN n.id % 600 = 1 THEN 'claimed' ELSE 'sent' END
              AS state) AS states;
"""


@pytest.fixture
def filled(sent_file: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FILL)
        cursor.execute("ANALYZE")
    now = timezone.now().timestamp()  # a transport that has long been used at its full rate
    pace = Pace(full=1e6, began_at=now - 61, filled_at=now - 1, asked_at=now)
    ProviderState.objects.create(transport="file", pace=asdict(pace))


def test_no_statement_reads_a_table_from_end_to_end(filled: None) -> None:
    explaining, now = Explaining(*TABLES), timezone.now() + timedelta(seconds=1)
    with connection.execute_wrapper(explaining):
        assert fire_due(now).taken == 200
        assert is_anything_due(now)
        assert dispatch_due(now, "").taken >= 200
        assert settle_lost(now) == 100
        assert expire(now) == 100
        assert waiting(now) == ["file"]
        held = claim("file", now).held
        wait_for_next("file", now)
        answers = [GONE.outcome("gone")] * 10 + [OK.outcome("sent")] * (MOST - 10)
        assert record("file", list(zip(held, answers, strict=False)), now) == {"rejected": 10, "sent": MOST - 10}

    assert len(held) == CLAIMED_AT_ONCE
    assert explaining.scans == []
    statements = {DUE_REMINDERS, FIRE, DUE_PEOPLE, TAKEN, DECIDE, LOST, SETTLE, EXPIRE, CLAIMED, RECORD, RETIRE}
    assert statements <= explaining.seen
    assert any(sql.startswith(CLAIM.partition("LIMIT")[0]) for sql in explaining.seen)
