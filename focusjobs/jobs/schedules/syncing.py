"""Brings the table of schedules in line with the code, without undoing what operators changed.

The rule, field by field: a field follows the code when the code states something else than it did at the last sync;
otherwise it stays as it is, whoever set it. A restart therefore changes nothing, and neither moves the next run. A
schedule that the code no longer declares is turned off and marked; when it comes back, it is as it was.
"""

from __future__ import annotations

import logging

from django.db import transaction

from .. import schedules
from ..declaring.declarations import Declaration, declarations
from ..ledger.locks import Lock, hold
from ..models import Schedule

logger = logging.getLogger(__name__)

RHYTHM = ("cron", "every")
"""Fields that only make sense together: where one follows the code, so does the other."""

GONE = "The code no longer declares this schedule."


def sync() -> None:
    """Bring every declared schedule into the table, and turn off those that are declared no longer.

    A declaration that cannot work is logged and left out; `manage.py check` refuses it.
    """
    known = {declaration.name: declaration for declaration in declarations()}
    with transaction.atomic():
        hold(Lock.SCHEDULES)
        rows = {row.name: row for row in Schedule.objects.select_for_update().order_by("pk")}
        for name, declaration in known.items():
            if _can_work(declaration):
                _follow(rows.get(name) or Schedule(name=name), declaration)
        for name, row in rows.items():
            if row.declared and name not in known:
                _retire(row)


def unsaved(declaration: Declaration) -> Schedule:
    """Give the row that a declaration would make."""
    return Schedule(**vars(declaration))


def _can_work(declaration: Declaration) -> bool:
    found = schedules.faults(unsaved(declaration))
    if found:
        logger.error("schedule %s left out: %s", declaration.name, " ".join(found.values()))
    return not found


def _follow(row: Schedule, declaration: Declaration) -> None:
    before, stated = row.declaration or {}, declaration.as_json()
    changed = {name for name, value in stated.items() if name not in before or before[name] != value}
    if changed.intersection(RHYTHM):
        changed.update(RHYTHM)
    if row.declared and not changed:
        return
    for name in changed:
        setattr(row, name, getattr(declaration, name))
    if not row.declared:
        row.enabled = row.enabled or before.get("enabled", True)
    row.declared, row.declaration = True, stated
    if row.next_run_at is None or changed.intersection((*RHYTHM, "timezone")):
        schedules.restart(row)
    row.save()


def _retire(row: Schedule) -> None:
    row.declaration = {**(row.declaration or {}), "enabled": row.enabled}
    row.declared, row.enabled, row.next_run_at, row.problem = False, False, None, GONE
    row.save()
