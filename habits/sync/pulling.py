"""Reads what a phone has to fetch: one snapshot, made into JSON by PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from focusjobs.sql import rows
from habits.merging import drain

from .limits import PULL_PATIENCE

HABIT = """
    json_build_object(
        'id', h.client_id, 'name', h.name, 'question', h.question, 'notes', h.notes, 'category', h.category,
        'color', h.color, 'kind', h.kind, 'freq_num', h.freq_num, 'freq_den', h.freq_den, 'weekdays', h.weekdays,
        'target_type', h.target_type, 'target_value', h.target_value, 'unit', h.unit,
        'reminder_time', to_char(h.reminder_time, 'HH24:MI'), 'reminder_weekdays', h.reminder_weekdays,
        'position', h.position, 'archived', h.archived_at IS NOT NULL,
        'created_at', (extract(epoch FROM h.created_at) * 1000)::bigint,
        'updated_at', (SELECT coalesce(max((stamp.value ->> 0)::bigint), 0) FROM jsonb_each(h.stamps) stamp)
    )
"""
"""A habit as phones know it, with the latest of its stamps, after which the phone's next edit goes."""

COMPLETION = """
    json_build_object(
        'id', c.client_id, 'habit_id', h.client_id, 'date', c.day, 'value', (c.value / 1000.0)::float8,
        'skipped', c.skipped, 'note', c.note, 'recorded_at', (extract(epoch FROM c.recorded_at) * 1000)::bigint,
        'zone', c.recorded_zone, 'device', c.slot,
        'created_at', (extract(epoch FROM c.created_at) * 1000)::bigint,
        'updated_at', greatest(c.value_ms, c.note_ms)
    )
"""

# A cursor that is ahead of the version, or of what this database has given to the phone, is from before a backup was
# restored; one behind the horizon has missed deletions that are forgotten. Both start anew, from 0. One statement is
# one snapshot: the version and the rows fit. Index: habit_version, completion_version, completion_alias_version.
PULL = """
    WITH state AS MATERIALIZED (
        SELECT coalesce(max(version), 1) AS version, coalesce(max(horizon), 0) AS horizon,
               CASE WHEN %(device)s = '' THEN %(since)s ELSE coalesce(
                   (SELECT issued FROM habits_syncdevice WHERE user_id = %(user)s AND device = %(device)s), 0
               ) END AS issued
        FROM habits_syncstate WHERE user_id = %(user)s
    ), cursor AS MATERIALIZED (
        SELECT version,
               CASE WHEN %(since)s > least(version, issued) OR %(since)s < horizon THEN 0 ELSE %(since)s END AS since
        FROM state
    )
    SELECT
        (SELECT version FROM cursor),
        (SELECT since FROM cursor),
        (SELECT coalesce(json_agg({habit}), '[]')::text FROM habits_habit h
         WHERE h.user_id = %(user)s AND (h.version > (SELECT since FROM cursor){more_habits}) AND NOT h.deleted),
        (SELECT coalesce(json_agg(h.client_id), '[]')::text FROM habits_habit h
         WHERE h.user_id = %(user)s AND h.version > (SELECT nullif(since, 0) FROM cursor) AND h.deleted),
        (SELECT coalesce(json_agg({completion}), '[]')::text FROM habits_completion c
         JOIN habits_habit h ON h.id = c.habit_id
         WHERE c.user_id = %(user)s AND (c.version > (SELECT since FROM cursor){more_completions}) AND NOT h.deleted),
        (SELECT coalesce(json_agg(name), '[]')::text FROM (
            SELECT c.client_id AS name FROM habits_completion c JOIN habits_habit h ON h.id = c.habit_id
            WHERE c.user_id = %(user)s AND c.version > (SELECT nullif(since, 0) FROM cursor) AND h.deleted
            UNION ALL
            SELECT a.client_id FROM habits_completionalias a
            WHERE a.user_id = %(user)s AND a.version > (SELECT nullif(since, 0) FROM cursor) AND NOT EXISTS (
                SELECT FROM habits_completion c WHERE c.user_id = a.user_id AND c.client_id = a.client_id
            )
        ) gone)
"""

ROWS = f"""
    SELECT
        (SELECT coalesce(json_agg({HABIT}), '[]')::text FROM habits_habit h
         WHERE h.user_id = %(user)s AND h.client_id = ANY(%(habits)s) AND NOT h.deleted),
        (SELECT coalesce(json_agg({COMPLETION}), '[]')::text FROM habits_completion c
         JOIN habits_habit h ON h.id = c.habit_id
         WHERE c.user_id = %(user)s AND c.client_id = ANY(%(completions)s) AND NOT h.deleted)
"""  # noqa: S608 - made of the constants above

# Columns that a phone's new schema may add, and the rows in which they say something.
NOT_DEFAULT: Mapping[str, Mapping[str, str]] = {
    "habits": {
        **{name: f"h.{name} <> ''" for name in ("question", "notes", "category", "color", "unit")},
        "kind": "h.kind <> 'yes_no'",
        "target_type": "h.target_type <> 'at_least'",
        **{name: f"h.{name} <> 1" for name in ("freq_num", "freq_den")},
        **{name: f"h.{name} <> 127" for name in ("weekdays", "reminder_weekdays")},
        **{name: f"h.{name} <> 0" for name in ("target_value", "position")},
        "reminder_time": "h.reminder_time IS NOT NULL",
        "archived": "h.archived_at IS NOT NULL",
    },
    "completions": {
        "note": "c.note <> ''",
        "skipped": "c.skipped",
        "value": "c.value IS NOT NULL",
        "recorded_at": "c.recorded_at IS NOT NULL",
        "zone": "c.recorded_zone <> ''",
        "device": "c.slot <> ''",
    },
}


# Remember what a phone was given, and once a minute that it was there: phones that only look do not write. Index:
# sync_device_unique.
SEEN = """
    INSERT INTO habits_syncdevice AS d (user_id, device, last_pull_at, issued, user_agent)
    VALUES (%(user)s, %(device)s, now(), %(version)s, %(user_agent)s)
    ON CONFLICT (user_id, device) DO UPDATE SET
        last_pull_at = excluded.last_pull_at, user_agent = excluded.user_agent,
        issued = CASE WHEN %(anew)s THEN excluded.issued ELSE greatest(d.issued, excluded.issued) END
    WHERE d.last_pull_at IS NULL OR d.last_pull_at < now() - interval '1 minute' OR d.issued <> excluded.issued
"""


@dataclass(frozen=True, slots=True)
class Phone:
    """Who pulls; without a name, what it was given is not remembered."""

    device: str = ""
    user_agent: str = ""


UNKNOWN = Phone()


@dataclass(frozen=True, slots=True)
class Migration:
    """What a phone's new schema has that its old one had not."""

    tables: Sequence[str] = ()
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def condition(self, table: str) -> str:
        """Give the SQL for rows that have to be fetched although the phone has their version."""
        if table in self.tables:
            return " OR TRUE"
        tests = [NOT_DEFAULT[table][name] for name in self.columns.get(table, ()) if name in NOT_DEFAULT[table]]
        return "".join(f" OR {test}" for test in tests)


def pull(user_id: int, since: int, migration: Migration | None = None, *, phone: Phone = UNKNOWN) -> bytes:
    """Give the JSON answer to a pull from version `since`; 0 asks for everything.

    Merges what waits in the inbox first, so that a phone never misses its own edits. Raises `habits.merging.Busy`.
    """
    drain(user_id, patience=PULL_PATIENCE)
    migration = migration or Migration()
    statement = PULL.format(
        habit=HABIT,
        completion=COMPLETION,
        more_habits=migration.condition("habits"),
        more_completions=migration.condition("completions"),
    )
    [(version, effective, *lists)] = rows(statement, {"user": user_id, "since": since, "device": phone.device})
    if phone.device:
        rows(SEEN, {"user": user_id, **asdict(phone), "version": version, "anew": effective == 0})
    strategy = ',"experimentalStrategy":"replacement"' if since and not effective else ""
    return f'{{"changes":{_changes(*lists)},"timestamp":{version}{strategy}}}'.encode()


def rows_as_json(user_id: int, habits: Sequence[str], completions: Sequence[str], gone: str) -> str:
    """Give some rows by their identifiers, as `changes` of a pull; `gone` is a JSON list of days to delete."""
    values = {"user": user_id, "habits": list(habits), "completions": list(completions)}
    [(shown_habits, shown_completions)] = rows(ROWS, values)
    return _changes(shown_habits, "[]", shown_completions, gone)


def _changes(habits: str, deleted_habits: str, completions: str, deleted_completions: str) -> str:
    return (
        f'{{"habits":{{"created":[],"updated":{habits},"deleted":{deleted_habits}}},'
        f'"completions":{{"created":[],"updated":{completions},"deleted":{deleted_completions}}}}}'
    )
