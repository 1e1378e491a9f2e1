"""Ends attempts, with everything that is kept of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import transaction

from focusjobs.sql import array, columns, prepared_rows, rows

from ..context import Line
from ..domain.lifecycle import FINISHED, State
from . import results
from .family import settle
from .grouping import introduce
from .inserting import insert
from .moved import Child
from .records import Claim, Ended
from .statements.finishing import COMPLETE, FINISH, NOTE_ATTEMPTS, WRITE_LOG


def finish(ended: Sequence[Ended]) -> set[int]:
    """End attempts with all that is kept of them, in one transaction; answer the jobs whose fence still stood.

    For the others nothing is written: another worker holds them, or an operator moved them.
    """
    with transaction.atomic():
        introduce([end.mistake for end in ended if end.mistake])
        written = {row[0]: row for row in _end(ended)}
        kept = [end for end in ended if end.claim.id in written]
        _note_attempts([end for end in kept if end.state != State.COMPLETED])
        write_log([(end.claim, line) for end in kept for line in end.lines])
        results.store([_result(end) for end in kept if _has_result(end)])
        insert([replace(child, parent_id=end.claim.id) for end in kept for child in end.children])
        settle([_child(end, *written[end.claim.id][1:]) for end in kept if written[end.claim.id][1] is not None])
    return set(written)


def _end(ended: Sequence[Ended]) -> list[Any]:
    plain = [end.claim for end in ended if end.state == State.COMPLETED and end.progress is None]
    others = [end for end in ended if end.state != State.COMPLETED or end.progress is not None]
    done: list[Any] = []
    if plain:
        held = [array(claim.id for claim in plain), array(claim.fence for claim in plain)]
        done += prepared_rows(COMPLETE, held)
    if others:
        done += rows(FINISH, columns(others, _finish_row))
    return done


def _finish_row(end: Ended) -> tuple[Any, ...]:
    left = len(end.children)
    group = end.mistake and end.mistake.fingerprint
    return end.claim.id, end.claim.fence, str(end.state), end.error, end.progress, end.delay, end.refund, left, group


def _child(end: Ended, parent_id: int, on_failure: str) -> Child:
    return Child(
        end.claim.id, end.claim.task, parent_id, on_failure, end.state if end.state in FINISHED else None, end.error
    )


def _note_attempts(ended: Sequence[Ended]) -> None:
    if ended:
        rows(NOTE_ATTEMPTS, columns(ended, _attempt_row))


def _attempt_row(end: Ended) -> tuple[Any, ...]:
    held = end.claim
    told = held.id, held.attempt, end.outcome, held.worker, held.started_at, end.error, end.traceback
    group = end.mistake and end.mistake.fingerprint
    return *told, settings.RELEASE, group, end.state == State.FAILED


def _has_result(end: Ended) -> bool:
    # A job that failed before it was retried by hand has a row that must not stay.
    retried = end.claim.max_attempts != end.claim.tries
    return end.state == State.FAILED or (end.state == State.COMPLETED and (end.value is not None or retried))


def _result(end: Ended) -> results.Result:
    return results.Result(
        task_id=end.claim.task_id,
        task=end.claim.task,
        arguments=end.claim.arguments,
        worker=end.claim.worker,
        value=end.value or ("null" if end.state == State.COMPLETED else None),
        failure=end.failure,
        traceback=end.traceback,
    )


def write_log(lines: Sequence[tuple[Claim, Line]]) -> None:
    """Keep log lines of running jobs."""
    if lines:
        rows(WRITE_LOG, columns(lines, _log_row))


def _log_row(item: tuple[Claim, Line]) -> tuple[Any, ...]:
    held, line = item
    return held.id, held.attempt, line.at, line.level, line.text
