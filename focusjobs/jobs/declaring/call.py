"""A task together with options for its jobs, and the checks that refuse a job which could never run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, Literal, ParamSpec, TypedDict, get_args

from ..domain.job import FARTHEST, EnqueuedJob, NewJob, OnFailure
from ..domain.text import has_escaped_nul, is_storable
from ..errors import DuplicateKey, InvalidJob, NotJSON, PayloadTooLarge
from . import tracing

if TYPE_CHECKING:
    from .definition import Task

P = ParamSpec("P")

MAX_PAYLOAD = 256 * 1024
"""Bytes of JSON that a job's arguments may take; larger things belong in a row of their own."""

_to_json = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode

MAX_PRIORITY = 2_097_151
"""The largest priority, BullMQ's."""

MAX_ATTEMPTS = 1_000_000
MAX_KEY = 200
"""Characters of a `unique_key` or of a limit's key."""


class JobOptions(TypedDict, total=False):
    """What `Task.using` sets for a job.

    queue, priority, attempts: in place of the task's own.
    run_after: an instant, or a length from now. expires_at: not started after this; the job is then cancelled.
    unique_key: at most one unfinished job of this task has it; with `unique_until="started"` the key is free again
    once a worker has taken the job, so that a change made meanwhile gets a job of its own.
    unique_for: throttle; for this long from now, further calls with the key make no job, whatever became of this one.
    debounce: the job runs this long after the latest call with the key, with that call's arguments.
    on_failure: what its failure means for its parent in a flow: `fail`, `ignore` or `continue`.
    user: the person on whose behalf it runs (or their key).
    """

    queue: str | None
    priority: int | None
    attempts: int | None
    run_after: datetime | timedelta | None
    expires_at: datetime | None
    unique_key: str | None
    unique_until: Literal["finished", "started"]
    unique_for: timedelta | None
    debounce: timedelta | None
    on_failure: OnFailure
    user: Any


@dataclass(frozen=True, kw_only=True)
class Call(Generic[P]):
    """A task together with options for the jobs that will be made of it; `JobOptions` says what they mean."""

    task: Task[P, Any]
    queue: str | None = None
    priority: int | None = None
    attempts: int | None = None
    run_after: datetime | timedelta | None = None
    expires_at: datetime | None = None
    unique_key: str | None = None
    unique_until: Literal["finished", "started"] = "finished"
    unique_for: timedelta | None = None
    debounce: timedelta | None = None
    on_failure: OnFailure = "fail"
    user: Any = None

    def enqueue(self, *args: P.args, **kwargs: P.kwargs) -> EnqueuedJob:
        """Write the job in the current transaction; a worker sees it after the commit.

        With a `unique_key` that an unfinished job of this task holds, that job is answered instead of a new one.
        Raises `InvalidJob` (see its subclasses) where the job could never run.
        """
        with self._span():
            made: EnqueuedJob = _ledger().insert([self.job(*args, **kwargs)])[0]
        return made

    def enqueue_many(self, calls: Iterable[Mapping[str, Any]]) -> list[EnqueuedJob]:
        """Write one job for each mapping of arguments, in one statement, and answer in their order.

        Here a `unique_key` is a template with the arguments' names as fields, as in `"habit:{habit_id}"`.
        Raises what `enqueue` raises, and `DuplicateKey`; then nothing is written.
        """
        with self._span():
            return self._enqueue_many(calls)

    def _enqueue_many(self, calls: Iterable[Mapping[str, Any]]) -> list[EnqueuedJob]:
        common = self._common()
        rows = [self._row(self.task.bind_mapping(call), self._key_of(call)) for call in calls]
        keys = [key for _, key, _ in rows if key is not None]
        if len(keys) != len(set(keys)):
            raise DuplicateKey(f"{self.task.name}: two of these calls have the same unique_key.")
        return _ledger().insert_many(common, rows) if rows else []

    def job(self, *args: P.args, **kwargs: P.kwargs) -> NewJob:
        """Give a job that is not written yet: a member of a flow, or the work of a schedule."""
        bound = self.task.bind_arguments(*args, **kwargs)
        arguments, unique_key, _ = self._row(bound, self.unique_key)
        limit = self.task.limit and self.task.limit.of({**self.task.defaults, **bound})
        return replace(self._common(), arguments=arguments, unique_key=unique_key, limit=limit)

    def _span(self) -> AbstractContextManager[Any]:
        return tracing.enqueuing(self.task.name, self.queue or self.task.queue)

    def _common(self) -> NewJob:
        """Give what all jobs of this call have in common."""
        task = self.task
        priority = (task.priority if self.priority is None else self.priority) or 0
        attempts = task.attempts if self.attempts is None else self.attempts
        _check_numbers(task.name, priority, attempts)
        self._check_options()
        job = NewJob(
            task=task.name,
            queue=self.queue or task.queue,
            arguments="",
            lane=task.lane,
            options=tracing.carried(),
            priority=priority,
            max_attempts=attempts,
            unique_while_active=self.unique_until == "finished" and self.debounce is None,
            unique_for=self.unique_for,
            replace_pending=self.debounce is not None,
            limit=task.limit,
            user_id=getattr(self.user, "pk", self.user),
            expires_at=_aware("expires_at", self.expires_at),
            on_failure=self.on_failure,
        )
        return replace(job, **_when(self.debounce or self.run_after))

    def _check_options(self) -> None:
        for name, length in (("unique_for", self.unique_for), ("debounce", self.debounce)):
            if length is not None and length <= timedelta(0):
                raise InvalidJob(f"{self.task.name}: {name} is longer than nothing, not {length}.")
        if self.unique_until not in ("finished", "started"):
            raise InvalidJob(f"{self.task.name}: unique_until is finished or started, not {self.unique_until!r}.")
        if (self.unique_for or self.debounce) and self.unique_key is None:
            raise InvalidJob(f"{self.task.name}: unique_for and debounce need a unique_key.")
        if self.unique_for and self.debounce:
            raise InvalidJob(f"{self.task.name}: unique_for drops later calls and debounce earlier ones; choose one.")
        if self.debounce and self.run_after:
            raise InvalidJob(f"{self.task.name}: debounce says when the job runs; leave run_after out.")
        if self.on_failure not in get_args(OnFailure):
            raise InvalidJob(f"{self.task.name}: on_failure is fail, ignore or continue, not {self.on_failure!r}.")

    def _row(self, arguments: Mapping[str, Any], unique_key: str | None) -> tuple[str, str | None, str | None]:
        limit = self.task.limit
        limit_key = None if limit is None else limit.of({**self.task.defaults, **arguments}).key
        for what, key in (("unique_key", unique_key), ("limit's key", limit_key)):
            if key is not None and not (0 < len(key) <= MAX_KEY and is_storable(key)):
                raise InvalidJob(
                    f"{self.task.name}: a {what} is a text of 1 to {MAX_KEY} characters, not {key[:50]!r}."
                )
        return encode(self.task.name, arguments), unique_key, limit_key

    def _key_of(self, call: Mapping[str, Any]) -> str | None:
        if self.unique_key is None:
            return None
        try:
            return self.unique_key.format_map(call)
        except LookupError as error:
            raise InvalidJob(
                f"{self.task.name}: the unique_key “{self.unique_key}” needs {error}, which a call lacks."
            ) from error


def _check_numbers(task: str, priority: int, attempts: int) -> None:
    if not isinstance(priority, int) or not 0 <= priority <= MAX_PRIORITY:
        raise InvalidJob(f"{task}: a priority is a whole number from 0 to {MAX_PRIORITY}, not {priority!r}.")
    if not isinstance(attempts, int) or not 1 <= attempts <= MAX_ATTEMPTS:
        raise InvalidJob(f"{task}: attempts is a whole number from 1 to {MAX_ATTEMPTS}, not {attempts!r}.")


def _when(run_after: datetime | timedelta | None) -> dict[str, Any]:
    if isinstance(run_after, timedelta):
        _check_distance(run_after)
        return {"delay": run_after}
    if moment := _aware("run_after", run_after):
        _check_distance(moment - datetime.now(UTC))
    return {"run_at": moment}


def _check_distance(wait: timedelta) -> None:
    if wait > FARTHEST:
        raise InvalidJob(f"run_after is more than a century away: {wait}.")


def _aware(option: str, moment: datetime | None) -> datetime | None:
    if moment is not None and moment.tzinfo is None:
        raise InvalidJob(f"{option} needs a time zone; use django.utils.timezone.now() or datetime.now(UTC).")
    return moment


def encode(task: str, arguments: Mapping[str, Any]) -> str:
    """Give a job's arguments as JSON. Raises `NotJSON` and `PayloadTooLarge`."""
    try:
        text = _to_json(arguments)
        size = len(text.encode())  # refuses half of a surrogate pair, as PostgreSQL would
    except (TypeError, ValueError, RecursionError) as error:
        raise NotJSON(f"{task}: an argument is not JSON: {error}. Pass ids and plain values.") from error
    if has_escaped_nul(text):
        raise NotJSON(f"{task}: an argument holds a NUL character, which PostgreSQL cannot keep.")
    if size > MAX_PAYLOAD:
        raise PayloadTooLarge(
            f"{task}: {size:,} bytes of arguments; {MAX_PAYLOAD:,} are allowed. Store the data and pass its id."
        )
    return text


def _ledger() -> Any:
    # Models cannot be imported before the app registry is ready, and tasks are declared while it fills.
    from .. import ledger

    return ledger
