"""Where a job comes from and what hangs on it: its flow, its schedule, its request, the job it was made from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..looking import arguments
from ..models import ErrorGroup, Job, Schedule

CHILDREN = 50
"""Children that are shown."""

HEIGHT = 10
"""Parents above a job that are shown."""


@dataclass(frozen=True)
class Lineage:
    """What a job's page says of where it comes from."""

    parents: list[Job]
    """From the top of the flow down to the job's own parent."""
    children: list[Job]
    children_are_more: bool
    schedule: Schedule | None
    edited_from: int | None
    changed: list[tuple[str, str, str]]
    """What differs from the arguments of that job: name, before, now."""
    request_id: str
    group: ErrorGroup | None


def lineage(job: Job, *, secret: bool) -> Lineage:
    """Give where a job comes from; `secret`: with arguments hidden that are to be."""
    options = job.options if isinstance(job.options, dict) else {}
    origin = options.get("edited_from")
    children = list(Job.objects.filter(parent_id=job.pk).only(*SHOWN).order_by("id")[: CHILDREN + 1])
    return Lineage(
        parents=list(_parents(job))[::-1],
        children=children[:CHILDREN],
        children_are_more=len(children) > CHILDREN,
        schedule=Schedule.objects.filter(pk=job.schedule_id).first() if job.schedule_id else None,
        edited_from=origin if isinstance(origin, int) else None,
        changed=_changed(job, origin, secret) if isinstance(origin, int) else [],
        request_id=str(options.get("request_id", "")),
        group=ErrorGroup.objects.filter(pk=job.error_group_id).first() if job.error_group_id else None,
    )


SHOWN = ("task", "queue", "state", "parent_id", "error")


def _parents(job: Job) -> Iterator[Job]:
    above = job.parent_id
    for _ in range(HEIGHT):
        found = Job.objects.filter(pk=above).only(*SHOWN).first() if above else None
        if found is None:
            return
        yield found
        above = found.parent_id


def _changed(job: Job, origin: int, secret: bool) -> list[tuple[str, str, str]]:
    before = Job.objects.filter(pk=origin).first()
    if before is None:
        return []
    old, new = (arguments.shown(one) if secret else one.arguments for one in (before, job))
    return differences(old, new)


def differences(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Give the arguments that differ: name, before, now; a dash where there is none."""
    names = [*old, *(name for name in new if name not in old)]
    return [(name, _text(old, name), _text(new, name)) for name in names if _text(old, name) != _text(new, name)]


def _text(values: dict[str, Any], name: str) -> str:
    return json.dumps(values[name], ensure_ascii=False) if name in values else "–"
