"""Arguments of jobs as the console shows them: what looks like a secret, or what its task names, is hidden.

They are shown whole by `focusjobs.jobs.operations.reveal`, to who has the right, and that is kept.
"""

from __future__ import annotations

import json
from typing import Any

from ..declaring.registry import load_tasks, task_named
from ..domain.redaction import hides, redacted
from ..models import Job


def shown(job: Job) -> dict[str, Any]:
    """Give the arguments of a job with what is hidden left out."""
    hidden: dict[str, Any] = redacted(job.arguments, _names_hidden(job.task))
    return hidden


def has_hidden(job: Job) -> bool:
    """Tell whether there is anything to reveal."""
    return hides(job.arguments, _names_hidden(job.task))


def shown_text(task: str, text: str | None) -> str:
    """Give JSON of a task, such as what django-celery-results keeps of its arguments, with what is hidden left out.

    Text that is no JSON is not shown at all: nothing could be hidden in it.
    """
    try:
        return json.dumps(redacted(json.loads(text or "null"), _names_hidden(task)), ensure_ascii=False)
    except ValueError:
        return "not shown: it is no JSON"


def _names_hidden(task: str) -> tuple[str, ...]:
    """Give the arguments that a task wants hidden. Of a task that this process does not have, none but the secrets."""
    load_tasks()
    found = task_named(task)
    return found.redact if found else ()
