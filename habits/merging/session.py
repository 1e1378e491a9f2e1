"""A transaction's right to write a person's habits and days."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType

from django.db import transaction
from django.utils import timezone

from focusjobs.sql import rows
from habits.models import Habit
from habits.signals import completions_changed, habits_changed

from . import completions, habits
from .outcome import Outcome, Scope
from .writes import CompletionWrite, DeletedCompletion, HabitWrite, Write

# Take a person's version and the right to write their rows until the end of the transaction; tell the guard trigger
# that rows written from here on carry the next version, and give the lock up should this process freeze. How long to
# wait for it is set by what the row is selected from, and so before. Served by the primary key; the first time makes
# the row.
LOCK = """
    INSERT INTO habits_syncstate AS s (user_id, version, horizon, latest_ms)
    SELECT %s, 1, 0, 0 FROM set_config('lock_timeout', coalesce(%s, current_setting('lock_timeout')), true)
    ON CONFLICT (user_id) DO UPDATE SET version = s.version
    RETURNING version, latest_ms, set_config('sync.version', (version + 1)::text, true),
              set_config('idle_in_transaction_session_timeout', '60s', true)
"""

# Tell the guard trigger that rows may be deleted from here to the end of the transaction.
ALLOW_ERASING = "SELECT set_config('sync.version', 'erasing', true)"

# Let phones see what was written, and tell that statistics of these habits are no longer fresh. Served by the primary
# keys.
PUBLISH = """
    WITH outdated AS (UPDATE habits_habit SET completions_version = completions_version + 1 WHERE id = ANY(%s))
    UPDATE habits_syncstate SET version = %s, latest_ms = %s WHERE user_id = %s
"""


@dataclass(slots=True)
class Merging:
    """Merges edits of one person, within a transaction; a context manager that tells of the changes when it ends.

    Holds the lock of the person's version from its start to the end of the transaction: each merge sees all earlier
    ones. All that is merged gets one new version; where nothing changes, there is none and nobody is told.
    """

    user_id: int
    patience: timedelta | None = None
    """How long to wait for the lock; None as long as the connection waits for any."""
    version: int = field(init=False)
    """The version that what is written gets."""
    latest_ms: int = field(init=False)
    outcome: Outcome = field(init=False, default_factory=Outcome)
    """What has been written so far."""

    def __enter__(self) -> Merging:
        """Take the lock. Raises `django.db.OperationalError` where that takes too long."""
        limit = None if self.patience is None else f"{self.patience // timedelta(milliseconds=1)}ms"
        [(current, self.latest_ms, *_)] = rows(LOCK, [self.user_id, limit])
        self.version = current + 1
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Publish the version and tell of the changes; after an error the transaction undoes everything."""
        if kind is not None or not self.outcome.wrote:
            return
        since, changed = self.outcome.since, self.outcome.habits
        rows(PUBLISH, [list(since), self.version, self.latest_ms, self.user_id])
        if since:
            completions_changed.send(sender=Habit, habit_ids=list(since), user_id=self.user_id, since=dict(since))
        if changed:
            habits_changed.send(sender=Habit, habit_ids=sorted(changed), user_id=self.user_id)

    def merge(self, writes: Iterable[Write], *, seen: float = math.inf) -> None:
        """Merge edits of a device that had fetched everything up to version `seen`.

        Raises `completions.UnknownHabit` for a day of a habit that does not exist.
        """
        writes = list(writes)
        server_ms = max(round(timezone.now().timestamp() * 1000), self.latest_ms + 1)
        self.latest_ms = max([self.latest_ms, *(server_ms if write.ms is None else write.ms for write in writes)])
        scope = Scope(self.user_id, self.version, server_ms, seen)
        outcome = habits.merge_habits(scope, [write for write in writes if isinstance(write, HabitWrite)])
        outcome += completions.merge_completions(scope, [w for w in writes if isinstance(w, CompletionWrite)])
        outcome += completions.merge_deleted(scope, [w for w in writes if isinstance(w, DeletedCompletion)])
        self.outcome += outcome  # last, since the caller may undo a merge that fails and go on with the next


def merge_now(user_id: int, writes: Iterable[Write]) -> None:
    """Merge edits of the server in a transaction of their own, or in the one that is open."""
    with transaction.atomic(), Merging(user_id) as session:
        session.merge(writes)


def allow_erasing() -> None:
    """Let rows be deleted for good until the end of the transaction: of a whole account, or after their time."""
    rows(ALLOW_ERASING)
