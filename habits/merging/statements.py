"""The SQL of merging days. Its rule for one register is `habits.domain.merge.Register.order`."""

NOTHING = -(2**63)
"""Orders an absent value before every other."""

# The numbers of a person's habits, deleted ones too; index habit_client_id_unique.
HABITS = "SELECT client_id, id FROM habits_habit WHERE user_id = %(user)s AND client_id = ANY(%(names)s)"

# Read the days that are there, and those that have one of these identifiers; probes of completion_cell_unique and of
# completion_client_id_unique.
STORED = """
    SELECT c.habit_id, c.day, c.slot, c.client_id, c.value, c.skipped, c.note, c.value_ms, c.value_device,
           c.note_ms, c.note_device, c.version
    FROM unnest(%(habits)s::bigint[], %(days)s::date[], %(slots)s::text[]) AS cell (habit_id, day, slot)
    JOIN habits_completion c
      ON c.user_id = %(user)s AND c.day = cell.day AND c.habit_id = cell.habit_id AND c.slot = cell.slot
    UNION
    SELECT c.habit_id, c.day, c.slot, c.client_id, c.value, c.skipped, c.note, c.value_ms, c.value_device,
           c.note_ms, c.note_device, c.version
    FROM habits_completion c WHERE c.user_id = %(user)s AND c.client_id = ANY(%(names)s)
"""

NEWER_VALUE = f"""
    (excluded.value_ms, excluded.value_device, coalesce(excluded.value, {NOTHING}), excluded.skipped)
    > (c.value_ms, c.value_device, coalesce(c.value, {NOTHING}), c.skipped)
"""

NEWER_NOTE = """
    (excluded.note_ms, excluded.note_device, excluded.note COLLATE "C") > (c.note_ms, c.note_device, c.note COLLATE "C")
"""

# Merge a push's days, each at most once: insert what is new, let the later stamp win in each of the two registers, and
# give a new version to every row that changed or that the device believes to be otherwise (else it would never learn).
# An identifier that becomes a day's own is no alias any more. Served by completion_cell_unique and
# completion_alias_unique.
MERGE = f"""
    WITH no_alias AS (
        DELETE FROM habits_completionalias WHERE user_id = %(user)s AND client_id = ANY(%(client_id)s)
    )
    INSERT INTO habits_completion AS c (
        user_id, habit_id, day, slot, client_id, value, skipped, recorded_at, recorded_zone, source, value_ms,
        value_device, note, note_ms, note_device, version, created_at, updated_at
    )
    SELECT %(user)s, n.*, %(version)s, now(), now()
    FROM unnest(
        %(habit_id)s::bigint[], %(day)s::date[], %(slot)s::text[], %(client_id)s::text[], %(value)s::bigint[],
        %(skipped)s::boolean[], %(recorded_at)s::timestamptz[], %(recorded_zone)s::text[], %(source)s::text[],
        %(value_ms)s::bigint[], %(value_device)s::text[], %(note)s::text[], %(note_ms)s::bigint[],
        %(note_device)s::text[]
    ) AS n
    ON CONFLICT (user_id, day, habit_id, slot) DO UPDATE SET
        value = CASE WHEN {NEWER_VALUE} THEN excluded.value ELSE c.value END,
        skipped = CASE WHEN {NEWER_VALUE} THEN excluded.skipped ELSE c.skipped END,
        recorded_at = CASE WHEN {NEWER_VALUE} THEN excluded.recorded_at ELSE c.recorded_at END,
        recorded_zone = CASE WHEN {NEWER_VALUE} THEN excluded.recorded_zone ELSE c.recorded_zone END,
        source = CASE WHEN {NEWER_VALUE} THEN excluded.source ELSE c.source END,
        value_ms = CASE WHEN {NEWER_VALUE} THEN excluded.value_ms ELSE c.value_ms END,
        value_device = CASE WHEN {NEWER_VALUE} THEN excluded.value_device ELSE c.value_device END,
        note = CASE WHEN {NEWER_NOTE} THEN excluded.note ELSE c.note END,
        note_ms = CASE WHEN {NEWER_NOTE} THEN excluded.note_ms ELSE c.note_ms END,
        note_device = CASE WHEN {NEWER_NOTE} THEN excluded.note_device ELSE c.note_device END,
        version = excluded.version,
        updated_at = excluded.updated_at
    WHERE {NEWER_VALUE} OR {NEWER_NOTE}
       OR (c.value, c.skipped, c.note) IS DISTINCT FROM (excluded.value, excluded.skipped, excluded.note)
    RETURNING habit_id, day, slot, value, skipped, note <> ''
"""  # noqa: S608 - made of the constants above

# Have phones fetch rows whose content was put right before it was stored; probes of completion_cell_unique.
TELL = """
    UPDATE habits_completion c SET version = %(version)s
    FROM unnest(%(habits)s::bigint[], %(days)s::date[], %(slots)s::text[]) AS cell (habit_id, day, slot)
    WHERE c.user_id = %(user)s AND c.day = cell.day AND c.habit_id = cell.habit_id AND c.slot = cell.slot
"""

# Have phones delete identifiers that stand for a day with another one; probes of both unique indexes.
ALIAS = """
    INSERT INTO habits_completionalias (user_id, client_id, completion_id, version)
    SELECT %(user)s, alias.name, c.id, %(version)s
    FROM unnest(%(names)s::text[], %(labels)s::text[]) AS alias (name, label)
    JOIN habits_completion c ON c.user_id = %(user)s AND c.client_id = alias.label
    ON CONFLICT (user_id, client_id) DO UPDATE SET version = excluded.version, completion_id = excluded.completion_id
"""

# Have phones fetch again the rows whose identifier a phone gave to another day; index completion_client_id_unique.
TELL_NAMED = (
    "UPDATE habits_completion SET version = %(version)s WHERE user_id = %(user)s AND client_id = ANY(%(names)s)"
)
