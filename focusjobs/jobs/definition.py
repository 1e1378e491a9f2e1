"""`@task`: how a function becomes work that the ledger keeps and a worker runs.

A task is a real Celery task, registered with the application, but calling it later (`enqueue`, `delay`,
`apply_async`) writes a row in the caller's own transaction instead of sending a message. This module is imported
before Django's models are ready, and so imports the ledger only when something is enqueued.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, Literal, ParamSpec, TypeVar, cast

import celery
from celery import shared_task

from .domain.backoff import Backoff, Exponential
from .domain.job import EnqueuedJob, NewJob
from .domain.text import has_escaped_nul, is_storable
from .errors import DuplicateKey, InvalidArguments, InvalidJob, InvalidTask, NotJSON, PayloadTooLarge

if TYPE_CHECKING:
    from celery.result import AsyncResult

P = ParamSpec("P")
R = TypeVar("R")

MAX_PAYLOAD = 256 * 1024
"""Bytes of JSON that a job's arguments may take; larger things belong in a row of their own."""

MAX_PRIORITY = 2_097_151
"""The largest priority, BullMQ's."""

MAX_ATTEMPTS = 1_000_000
MAX_KEY = 200
"""Characters of a `unique_key`."""


@dataclass(frozen=True, kw_only=True)
class Call(Generic[P]):
    """A task together with options for the jobs that will be made of it (`Task.using`)."""

    task: Task[P, Any]
    queue: str | None = None
    priority: int | None = None
    attempts: int | None = None
    run_after: datetime | timedelta | None = None
    expires_at: datetime | None = None
    unique_key: str | None = None
    unique_until: Literal["finished", "started"] = "finished"
    user: Any = None

    def enqueue(self, *args: P.args, **kwargs: P.kwargs) -> EnqueuedJob:
        """Write the job in the current transaction; a worker sees it after the commit.

        With a `unique_key` that an unfinished job of this task holds, that job is answered instead of a new one.
        Raises `InvalidJob` (see its subclasses) where the job could never run.
        """
        return _insert([self._job(args, kwargs, self.unique_key)])[0]

    def enqueue_many(self, calls: Iterable[Mapping[str, Any]]) -> list[EnqueuedJob]:
        """Write one job for each mapping of arguments, in one statement, and answer in their order.

        Here a `unique_key` is a template with the arguments' names as fields, as in `"habit:{habit_id}"`.
        Raises what `enqueue` raises, and `DuplicateKey`; then nothing is written.
        """
        jobs = [self._job((), call, self._key_of(call)) for call in calls]
        keys = [job.unique_key for job in jobs if job.unique_key is not None]
        if len(keys) != len(set(keys)):
            raise DuplicateKey(f"{self.task.name}: two of these calls have the same unique_key.")
        return _insert(jobs) if jobs else []

    def _key_of(self, call: Mapping[str, Any]) -> str | None:
        if self.unique_key is None:
            return None
        try:
            return self.unique_key.format_map(call)
        except LookupError as error:
            raise InvalidJob(
                f"{self.task.name}: the unique_key “{self.unique_key}” needs {error}, which a call lacks."
            ) from error

    def _job(self, args: tuple[Any, ...], kwargs: Mapping[str, Any], unique_key: str | None) -> NewJob:
        arguments = self.task.bind_arguments(*args, **kwargs)
        priority = (self.task.priority if self.priority is None else self.priority) or 0
        attempts = self.task.attempts if self.attempts is None else self.attempts
        _check(self.task.name, priority, attempts, unique_key)
        job = NewJob(
            task=self.task.name,
            queue=self.queue or self.task.queue,
            arguments=encode(self.task.name, arguments),
            priority=priority,
            max_attempts=attempts,
            unique_key=unique_key,
            unique_while_active=self.unique_until == "finished",
            user_id=getattr(self.user, "pk", self.user),
            expires_at=_aware("expires_at", self.expires_at),
        )
        return replace(job, **_when(self.run_after))


def _check(task: str, priority: int, attempts: int, unique_key: str | None) -> None:
    if not isinstance(priority, int) or not 0 <= priority <= MAX_PRIORITY:
        raise InvalidJob(f"{task}: a priority is a whole number from 0 to {MAX_PRIORITY}, not {priority!r}.")
    if not isinstance(attempts, int) or not 1 <= attempts <= MAX_ATTEMPTS:
        raise InvalidJob(f"{task}: attempts is a whole number from 1 to {MAX_ATTEMPTS}, not {attempts!r}.")
    if unique_key is not None and not (0 < len(unique_key) <= MAX_KEY and is_storable(unique_key)):
        raise InvalidJob(f"{task}: a unique_key is a text of 1 to {MAX_KEY} characters, not {unique_key[:50]!r}.")


def _when(run_after: datetime | timedelta | None) -> dict[str, Any]:
    if isinstance(run_after, timedelta):
        return {"delay": run_after}
    return {"run_at": _aware("run_after", run_after)}


def _aware(option: str, moment: datetime | None) -> datetime | None:
    if moment is not None and moment.tzinfo is None:
        raise InvalidJob(f"{option} needs a time zone; use django.utils.timezone.now() or datetime.now(UTC).")
    return moment


def encode(task: str, arguments: Mapping[str, Any]) -> str:
    """Give a job's arguments as JSON. Raises `NotJSON` and `PayloadTooLarge`."""
    try:
        text = json.dumps(arguments, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
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


def _insert(jobs: list[NewJob]) -> list[EnqueuedJob]:
    # Models cannot be imported before the app registry is ready, and tasks are declared while it fills.
    from . import ledger

    return ledger.insert(jobs)


if TYPE_CHECKING:
    CeleryTask = celery.Task[P, R]
else:

    class CeleryTask(celery.Task, Generic[P, R]):
        """Celery's task class with type parameters."""

        abstract = True


class Task(CeleryTask[P, R]):
    """A Celery task whose calls are jobs of the ledger. Made by `@task`; see there for the options."""

    abstract = True
    queue: str = "default"
    attempts: int = 1
    backoff: Backoff = Exponential()
    timeout: timedelta | None = None
    atomic: bool = False
    give_up_on: tuple[type[Exception], ...] = ()
    parameters: inspect.Signature

    def using(
        self,
        *,
        queue: str | None = None,
        priority: int | None = None,
        attempts: int | None = None,
        run_after: datetime | timedelta | None = None,
        expires_at: datetime | None = None,
        unique_key: str | None = None,
        unique_until: Literal["finished", "started"] = "finished",
        user: Any = None,
    ) -> Call[P]:
        """Set options for a job: `task.using(run_after=due_at, unique_key="reminder:7").enqueue(...)`.

        run_after: an instant, or a length from now. expires_at: not started after this; the job is then cancelled.
        unique_key: at most one unfinished job of this task has it; with `unique_until="started"` the key is free
        again once a worker has taken the job, so that a change made meanwhile gets a job of its own.
        user: the person on whose behalf it runs (or their key).
        """
        return Call(
            task=self,
            queue=queue,
            priority=priority,
            attempts=attempts,
            run_after=run_after,
            expires_at=expires_at,
            unique_key=unique_key,
            unique_until=unique_until,
            user=user,
        )

    def enqueue(self, *args: P.args, **kwargs: P.kwargs) -> EnqueuedJob:
        """Write a job with these arguments in the current transaction (see `Call.enqueue`)."""
        return self.using().enqueue(*args, **kwargs)

    def enqueue_many(self, calls: Iterable[Mapping[str, Any]]) -> list[EnqueuedJob]:
        """Write a job for each mapping of arguments in one statement (see `Call.enqueue_many`)."""
        return self.using().enqueue_many(calls)

    def apply_async(  # type: ignore[override]  # Celery's stubs list its options one by one
        self,
        args: tuple[Any, ...] | list[Any] | None = None,
        kwargs: dict[str, Any] | None = None,
        task_id: str | None = None,
        *rest: Any,
        countdown: float | None = None,
        eta: datetime | None = None,
        expires: float | datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        **options: Any,
    ) -> AsyncResult[R]:
        """Do as Celery's `apply_async`, through the ledger: the job commits or vanishes with the transaction."""
        refused = sorted(name for name, value in options.items() if value)
        if task_id or rest or refused:
            raise InvalidJob(f"{self.name}: apply_async cannot take {', '.join(refused) or 'task_id'} for a job.")
        call = self.using(
            queue=queue,
            priority=priority,
            run_after=timedelta(seconds=countdown) if countdown is not None else eta,
            expires_at=datetime.now(UTC) + timedelta(seconds=expires) if isinstance(expires, (int, float)) else expires,
        )
        job = call.enqueue(*(args or ()), **(kwargs or {}))
        return self.AsyncResult(job.task_id)

    def bind_arguments(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Give the arguments by name. Raises `InvalidArguments` where they do not fit the signature."""
        try:
            return self.parameters.bind(*args, **kwargs).arguments
        except TypeError as error:
            raise InvalidArguments(f"{self.name}{self.parameters}: {error}.") from error


def task(
    *,
    queue: str = "default",
    attempts: int = 5,
    backoff: Backoff | None = None,
    timeout: timedelta | None = None,
    priority: int = 0,
    atomic: bool = False,
    give_up_on: tuple[type[Exception], ...] = (),
    name: str | None = None,
) -> Callable[[Callable[P, R]], Task[P, R]]:
    """Declare a task.

    queue: which workers take it. attempts: tries in all. backoff: the wait between them. priority: lower runs first.
    atomic: the function runs in a transaction that also completes the job, so that what it does in the database
    happens exactly once; a failure rolls it back. give_up_on: errors that no further attempt can mend; the job fails
    at once. name: by default the app's name and the function's, so that the
    function can move between modules. Raises `InvalidTask` for a function whose arguments cannot be stored by name.
    """

    def declare(function: Callable[P, R]) -> Task[P, R]:
        if attempts < 1:
            raise InvalidTask(f"{function.__qualname__}: attempts counts tries in all and is at least 1.")
        options: dict[str, Any] = {
            "name": name or default_name(function),
            "queue": queue,
            "attempts": attempts,
            "backoff": backoff or Exponential(),
            "timeout": timeout,
            "priority": priority,
            "atomic": atomic,
            "give_up_on": give_up_on,
            "parameters": named_parameters(function),
            "ignore_result": False,
        }
        register = cast("Callable[[Callable[P, R]], Task[P, R]]", shared_task(base=Task, **options))
        return register(function)

    return declare


def default_name(function: Callable[..., Any]) -> str:
    """Give a task's name: `habits.import_backup` for a function of that name in `habits.tasks`."""
    return f"{function.__module__.removesuffix('.tasks')}.{function.__name__}"


def named_parameters(function: Callable[..., Any]) -> inspect.Signature:
    """Give a function's signature. Raises `InvalidTask` where a parameter has no name of its own."""
    signature = inspect.signature(function)
    for parameter in signature.parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise InvalidTask(f"{function.__qualname__}: “{parameter}” has no name under which it could be stored.")
    return signature
