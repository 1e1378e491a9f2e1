"""`manage.py schedules`: what runs when."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from focusjobs.jobs.models import Schedule
from focusjobs.jobs.schedules import upcoming, words

COLUMNS = ("name", "task", "runs", "enabled", "next_run", "last_run", "last_job", "problem")


class Command(BaseCommand):
    """Lists the schedules, those of the code and those made in the admin."""

    help = "List the schedules: what runs when, the next run, and what is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take `--json`."""
        parser.add_argument("--json", action="store_true", help="print a JSON array instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line, or an object, for each schedule."""
        rows = [_row(schedule) for schedule in Schedule.objects.order_by("name")]
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=2))
        elif rows:
            self._print_table([COLUMNS, *([_text(row[column]) for column in COLUMNS] for row in rows)])
        else:
            self.stdout.write("There are no schedules.")

    def _print_table(self, lines: list[Any]) -> None:
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
            self.stdout.write("  ".join(cells).rstrip())


def _row(schedule: Schedule) -> dict[str, Any]:
    runs = upcoming(schedule, 1)
    return {
        "name": schedule.name,
        "task": schedule.task,
        "arguments": schedule.arguments,
        "runs": words(schedule),
        "enabled": schedule.enabled,
        "declared": schedule.declared,
        "next_run": runs[0].isoformat(timespec="seconds") if runs else None,
        "last_run": schedule.last_run_at and schedule.last_run_at.isoformat(timespec="seconds"),
        "last_job": schedule.last_job_id,
        "problem": schedule.problem,
    }


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "-" if value in (None, "") else str(value)
