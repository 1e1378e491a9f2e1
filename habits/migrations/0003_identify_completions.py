"""Give each record that is there its owner and the identifier that every phone would give it, and all rows stamps."""

import uuid

from django.db import migrations

BATCH = 5_000

NOT_YET = """
    SELECT c.id, h.user_id, h.client_id, c.day
    FROM habits_completion c JOIN habits_habit h ON h.id = c.habit_id
    WHERE c.id > %s ORDER BY c.id LIMIT %s
"""

IDENTIFY = """
    UPDATE habits_completion c
    SET user_id = n.user_id, client_id = n.client_id, value_device = 'server', note_device = 'server',
        value_ms = (extract(epoch FROM updated_at) * 1000)::bigint,
        note_ms = (extract(epoch FROM updated_at) * 1000)::bigint
    FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS n (id, user_id, client_id)
    WHERE c.id = n.id AND c.client_id IS NULL
"""

# Every field of a habit was edited when the habit was, as far as is known.
STAMP_HABITS = """
    UPDATE habits_habit
    SET stamps = (
        SELECT jsonb_object_agg(name, jsonb_build_array((extract(epoch FROM updated_at) * 1000)::bigint, 'server'))
        FROM unnest(%s::text[]) AS name
    )
    WHERE stamps = '{}'
"""

REGISTERS = [
    *("name", "question", "notes", "category", "color", "kind", "unit", "position", "frequency", "weekdays"),
    *("target_type", "target_value", "reminder_time", "reminder_weekdays", "archived", "deleted"),
]


def completion_id(habit, day):
    """As `habits.domain.identity.completion_id` gave it when this migration was written."""
    try:
        namespace = uuid.UUID(habit)
    except ValueError:
        namespace = uuid.uuid5(uuid.UUID(int=0), habit)
    return str(uuid.uuid5(namespace, day.isoformat()))


def identify(apps, schema_editor):
    """Work in batches of their own transactions, so that a large table is never locked for long; may be repeated."""
    last = 0
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(STAMP_HABITS, [REGISTERS])
        while True:
            cursor.execute(NOT_YET, [last, BATCH])
            rows = cursor.fetchall()
            if not rows:
                return
            ids, users, habits, days = (list(column) for column in zip(*rows, strict=True))
            cursor.execute(IDENTIFY, [ids, users, list(map(completion_id, habits, days))])
            last = ids[-1]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("habits", "0002_sync")]

    operations = [migrations.RunPython(identify, migrations.RunPython.noop, elidable=True)]
