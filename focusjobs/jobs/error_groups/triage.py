"""What people make of groups of errors: mended, ignored, open, whose they are. Each is kept as an operation."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from ..errors import OperationRefused
from ..models import ErrorGroup, Operation
from ..operations import Actor, note

MAX_NOTE = 5_000
"""Characters of a note."""


def fix(actor: Actor, group: ErrorGroup, release: str = "", reason: str = "") -> Operation:
    """Say that a group is mended: in a release, or from now on. It opens again where it is met in that one or later."""
    release = release.strip()[:100]
    details = {"release": release}
    changes = {"state": ErrorGroup.State.FIXED, "fixed_in": release, "fixed_at": timezone.now(), "ignored_until": None}
    return _change(actor, "fix", group, changes, details, reason)


def ignore(actor: Actor, group: ErrorGroup, until: datetime | None = None, reason: str = "") -> Operation:
    """Let a group need nobody, for good or until that time. Raises `OperationRefused` for a time that is over."""
    if until is not None and (until.tzinfo is None or until <= timezone.now()):
        raise OperationRefused("A group is ignored until a time to come, with its time zone.")
    details = {"until": until and until.isoformat()}
    return _change(actor, "ignore", group, {"state": ErrorGroup.State.IGNORED, "ignored_until": until}, details, reason)


def reopen(actor: Actor, group: ErrorGroup, reason: str = "") -> Operation:
    """Say that a group needs somebody."""
    changes = {"state": ErrorGroup.State.OPEN, "ignored_until": None, "fixed_in": "", "fixed_at": None}
    return _change(actor, "reopen", group, changes, {}, reason)


def assign(actor: Actor, group: ErrorGroup, user: Any, reason: str = "") -> Operation:
    """Say who sees to a group; None: nobody."""
    return _change(actor, "assign", group, {"assignee": user}, {"to": str(user) if user else None}, reason)


def annotate(actor: Actor, group: ErrorGroup, text: str, reason: str = "") -> Operation:
    """Keep a note at a group. Raises `OperationRefused` for one that is too long."""
    if len(text) > MAX_NOTE:
        raise OperationRefused(f"A note has {MAX_NOTE:,} characters at most, not {len(text):,}.")
    return _change(actor, "annotate", group, {"note": text}, {"was": group.note, "note": text}, reason)


@transaction.atomic
def _change(
    actor: Actor, action: str, group: ErrorGroup, changes: dict[str, Any], details: dict[str, Any], reason: str
) -> Operation:
    locked = ErrorGroup.objects.select_for_update(no_key=True).get(pk=group.pk)
    for name, value in changes.items():
        setattr(locked, name, value)
        setattr(group, name, value)
    locked.save(update_fields=list(changes))
    return note(actor, action, f"group:{locked.fingerprint}", details, reason)
