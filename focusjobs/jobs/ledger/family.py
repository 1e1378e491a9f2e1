"""Flows: what the end of a child means for its parent, and so on upwards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from focusjobs.sql import columns, rows

from ..domain.lifecycle import State
from ..errors import ChildFailed
from ..telling import changes, wakeups
from ..telling.events import Kind
from . import results
from .moved import Child, Moved
from .statements.family import COUNT_DOWN, LOCK_PARENTS, SETTLE_PARENTS


def settle(children: Sequence[Child]) -> None:
    """Tell parents that children ended, in the current transaction: they become due, or fail, and so on upwards."""
    ended = [child for child in children if child.state is not None]
    if not ended:
        return
    by_parent = defaultdict(list)
    for child in ended:
        by_parent[child.parent_id].append(child)
    rows(LOCK_PARENTS, [list(by_parent)])
    told = [_tell(parent_id, family) for parent_id, family in by_parent.items()]
    values = columns(told, tuple)
    rows(COUNT_DOWN, values[:2])
    parents = [Moved(*row) for row in rows(SETTLE_PARENTS, values)]
    for queue in {parent.queue for parent in parents if parent.state == State.WAITING}:
        wakeups.ring_after_commit(queue)
    failed = [parent for parent in parents if parent.state == State.FAILED]
    results.store([parent.result(ChildFailed) for parent in failed])
    changes.tell([parent.change(Kind.FAILED) for parent in failed])
    settle([parent.as_child() for parent in failed if parent.parent_id is not None])


def _tell(parent_id: int, family: Sequence[Child]) -> tuple[int, int, bool, str]:
    fatal = next((child for child in family if child.is_fatal), None)
    reason = f"Its child {fatal.task} #{fatal.id} {fatal.state}: {fatal.error}" if fatal else ""
    over = sum(not child.is_fatal for child in family)
    return parent_id, over, any(child.lets_go for child in family), reason
