"""Writes the file: a ZIP with what a person needs in forms for people, and every row in a form for programs."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from decimal import Decimal
from io import TextIOWrapper
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from habits.domain.records import THOUSANDTHS
from habits.models import Habit, User
from habits.selectors import days_of, recorded

from .ownership import tables

README = """\
All that Focusjobs keeps about {email}, as of {now} (UTC).

habits.json   your habits, deleted ones too for as long as they can be restored
days.csv      what you recorded, a line a day; value is in the unit of the habit, and 1 is a tick
tables/       every row about you of every table, a file a table, a JSON object a line

Left out, because they would open your account or reach your phone: passwords, tokens, keys of sessions and of second
factors, addresses of devices, and the text of letters on their way. Files that you uploaded are deleted once imported.
"""

DAY_COLUMNS = ("habit_id", "habit", "day", "value", "skipped", "note")
HABIT_FIELDS = (
    *("client_id", "name", "question", "notes", "category", "color", "kind", "freq_num", "freq_den", "weekdays"),
    *("target_type", "target_value", "unit", "reminder_time", "reminder_weekdays", "position"),
    *("archived_at", "deleted", "created_at", "updated_at"),
)
ROWS_AT_ONCE = 2_000

OnProgress = Callable[[int, int], None]


def write_archive(user: User, file: IO[bytes], on_progress: OnProgress = lambda done, total: None) -> int:
    """Write a person's file and answer how many rows it holds; tells after each table how far it is."""
    written, found = 0, tables()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", README.format(email=user.email, now=f"{timezone.now():%Y-%m-%d %H:%M}"))
        habits = list(Habit.objects.filter(user=user).order_by("position", "id"))
        rows = [{name: getattr(habit, name) for name in HABIT_FIELDS} for habit in habits]
        archive.writestr("habits.json", json.dumps(rows, cls=DjangoJSONEncoder, indent=1, ensure_ascii=False))
        with archive.open("days.csv", "w") as raw:
            _write_days(raw, habits)
        for done, table in enumerate(found, start=1):
            with archive.open(f"tables/{table.label}.jsonl", "w") as raw:
                written += _write_rows(raw, table.rows(user.pk).iterator(ROWS_AT_ONCE))
            on_progress(done, len(found))
    return written


def _write_days(raw: IO[bytes], habits: Iterable[Habit]) -> None:
    text = TextIOWrapper(raw, "utf-8", newline="")
    lines = csv.writer(text)
    lines.writerow(DAY_COLUMNS)
    for habit in habits:
        for record in map(recorded, days_of(habit).order_by("day")):
            value = "" if record.value is None else f"{Decimal(record.value) / THOUSANDTHS:f}"
            lines.writerow((habit.client_id, habit.name, record.day, value, int(record.skipped), record.note))
    text.flush()
    text.detach()


def _write_rows(raw: IO[bytes], rows: Iterable[dict[str, Any]]) -> int:
    count = 0
    for row in rows:
        raw.write(json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False).encode() + b"\n")
        count += 1
    return count
