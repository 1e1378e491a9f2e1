"""Texts that lose against an edit made elsewhere; they are kept for a while, so that support can give them back."""

from __future__ import annotations

from typing import Any

from habits.domain.merge import Register, later
from habits.models import LostText

from .outcome import Scope


def lost_text(scope: Scope, stored: Register, incoming: Register, version: int, **place: Any) -> LostText | None:
    """Give the text that is lost, if any: an edit that came too late, or one that its successor had not seen.

    `version` is that of the row as it is stored, `place` the fields of `LostText` that say which text it is.
    """
    if stored.value == incoming.value or not incoming.ms or not stored.ms:
        return None
    kept = later(stored, incoming)
    lost = stored if kept is incoming else incoming
    unseen = stored.device != incoming.device and (lost is incoming or version > scope.seen)
    if not unseen or not lost.value:
        return None
    return LostText(
        user_id=scope.user_id,
        lost=lost.value,
        lost_ms=lost.ms,
        lost_device=lost.device,
        kept=kept.value,
        kept_ms=kept.ms,
        kept_device=kept.device,
        **place,
    )
