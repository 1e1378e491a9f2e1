"""Jobs as a file: NDJSON or CSV, written row by row, so that neither server nor database holds them all at once."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone

from ..looking import arguments
from ..models import Job
from .pages import may

PAGE = 1_000
"""Jobs that one statement reads."""

MOST = 1_000_000
"""Jobs that a file holds at most; whoever needs more asks in parts, by `id:` or `before:`."""

FIELDS = (
    *("id", "task_id", "task", "queue", "state", "priority", "attempt", "max_attempts", "user_id", "worker"),
    *("created_at", "run_at", "started_at", "finished_at", "error"),
)


class Echo:
    """What the csv module writes to; gives back each line instead of keeping it."""

    def write(self, line: str) -> str:
        """Give the line back."""
        return line


def exported(request: HttpRequest, jobs: QuerySet[Job], kind: str) -> HttpResponseBase:
    """Give jobs as a file, the newest first; arguments come along as far as this person may see them."""
    write = WRITERS.get(kind)
    if write is None:
        return HttpResponse("A file is of the format ndjson or csv.", status=400, content_type="text/plain")
    content, media = write
    secret = not may(request, "view_job_args")
    response = StreamingHttpResponse(content(_rows(jobs, secret)), content_type=media)
    name = f"jobs-{timezone.now():%Y%m%d-%H%M%S}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _rows(jobs: QuerySet[Job], secret: bool) -> Iterator[dict[str, Any]]:
    """Give the jobs page by page, by falling number."""
    last, given = None, 0
    while given < MOST:
        ahead = jobs if last is None else jobs.filter(pk__lt=last)
        found = list(ahead.order_by("-pk")[:PAGE])
        yield from (_fields(job, secret) for job in found)
        if len(found) < PAGE:
            return
        last, given = found[-1].pk, given + PAGE


def _fields(job: Job, secret: bool) -> dict[str, Any]:
    written = {name: getattr(job, name) for name in FIELDS}
    dated = {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in written.items()}
    return {**dated, "arguments": arguments.shown(job) if secret else job.arguments}


def _ndjson(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        yield json.dumps(row, ensure_ascii=False) + "\n"


def _csv(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield str(writer.writerow([*FIELDS, "arguments"]))
    for row in rows:
        cells = [_cell(row[name]) for name in FIELDS]
        yield str(writer.writerow([*cells, json.dumps(row["arguments"], ensure_ascii=False)]))


def _cell(value: Any) -> Any:
    """Keep a spreadsheet from taking a text for a formula (https://owasp.org/www-community/attacks/CSV_Injection)."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


Writer = Callable[[Iterable[dict[str, Any]]], Iterator[str]]
WRITERS: dict[str, tuple[Writer, str]] = {"ndjson": (_ndjson, "application/x-ndjson"), "csv": (_csv, "text/csv")}
