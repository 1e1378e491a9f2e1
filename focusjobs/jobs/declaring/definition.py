"""`@task`: how a function becomes work that the ledger keeps and a worker runs.

A task is a real Celery task, registered with the application, but calling it later (`enqueue`, `delay`,
`apply_async`) writes a row in the caller's own transaction instead of sending a message. This module is imported
before Django's models are ready, and so imports the ledger only when something is enqueued.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, ParamSpec, Protocol, TypeVar, Unpack, cast

import celery
from celery import shared_task

from ..domain.backoff import Backoff, Exponential
from ..domain.job import EnqueuedJob, NewJob
from ..domain.limit import Limit
from ..errors import InvalidArguments, InvalidJob, InvalidTask
from .call import Call, JobOptions

if TYPE_CHECKING:
    from celery.result import AsyncResult

P = ParamSpec("P")
R = TypeVar("R")

StillWanted = Callable[[Sequence[Mapping[str, Any]]], Sequence[str | None]]
"""Tells of jobs, by their arguments, why each is not worth running any more; None where it is."""

GRACE = timedelta(seconds=10)
"""How long a task may go on after its timeout was raised in it, before its process is killed."""

if TYPE_CHECKING:
    CeleryTask = celery.Task[P, R]
else:

    class CeleryTask(celery.Task, Generic[P, R]):
        """Celery's task class with type parameters."""

        abstract = True


class MessageLane(Protocol):
    """What tasks with a Celery message for each job need (`focusjobs.jobs.worker.message_lane`)."""

    def enqueue(
        self, call: Call[Any], args: tuple[Any, ...], kwargs: dict[str, Any], extra: dict[str, Any]
    ) -> AsyncResult[Any]:
        """Write a job with what its message is to carry."""

    def run(self, task: Task[..., Any]) -> Any:
        """Run an attempt for the message at hand."""


class Task(CeleryTask[P, R]):
    """A Celery task whose calls are jobs of the ledger. Made by `@task`; see there for the options."""

    abstract = True
    queue: str = "default"
    lane: Literal["drain", "message"] = "drain"
    attempts: int = 1
    backoff: Backoff = Exponential()
    timeout: timedelta | None = None
    atomic: bool = False
    limit: Limit | None = None
    give_up_on: tuple[type[Exception], ...] = ()
    stale_after: timedelta | None = None
    still_wanted: StillWanted | None = None
    redact: tuple[str, ...] = ()
    parameters: inspect.Signature
    message_lane: ClassVar[MessageLane]
    """Set when Django is ready, since it needs models (`focusjobs.jobs.apps`)."""

    def using(self, **options: Unpack[JobOptions]) -> Call[P]:
        """Set options for a job: `task.using(run_after=due_at, unique_key="reminder:7").enqueue(...)`.

        `JobOptions` says what each of them means.
        """
        return Call(task=self, **options)

    def enqueue(self, *args: P.args, **kwargs: P.kwargs) -> EnqueuedJob:
        """Write a job with these arguments in the current transaction (see `Call.enqueue`)."""
        return self.using().enqueue(*args, **kwargs)

    def enqueue_many(self, calls: Iterable[Mapping[str, Any]]) -> list[EnqueuedJob]:
        """Write a job for each mapping of arguments in one statement (see `Call.enqueue_many`)."""
        return self.using().enqueue_many(calls)

    def job(self, *args: P.args, **kwargs: P.kwargs) -> NewJob:
        """Give a job that is not written yet (see `Call.job`)."""
        return self.using().job(*args, **kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task here and now; where a Celery message called for it, as an attempt of its job."""
        if self.lane == "message" and not self.request.called_directly:
            return self.message_lane.run(self)
        return super().__call__(*args, **kwargs)

    def apply_async(  # type: ignore[override]  # Celery's stubs list its options one by one
        self,
        args: tuple[Any, ...] | list[Any] | None = None,
        kwargs: dict[str, Any] | None = None,
        task_id: str | None = None,
        producer: Any = None,
        link: Any = None,
        link_error: Any = None,
        shadow: str | None = None,
        *,
        countdown: float | None = None,
        eta: datetime | None = None,
        expires: float | datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        **options: Any,
    ) -> AsyncResult[R]:
        """Do as Celery's `apply_async`, through the ledger: the job commits or vanishes with the transaction.

        Options of Celery's canvas and messages need a task that is declared with `lane="message"`; others refuse them
        with `InvalidJob`.
        """
        call = self.using(
            queue=queue,
            priority=priority,
            run_after=timedelta(seconds=countdown) if countdown is not None else eta,
            expires_at=datetime.now(UTC) + timedelta(seconds=expires) if isinstance(expires, (int, float)) else expires,
        )
        extra = {"task_id": task_id, "link": link, "link_error": link_error, "shadow": shadow, **options}
        extra = {name: value for name, value in extra.items() if value}
        if self.lane == "message":
            return cast("AsyncResult[R]", self.message_lane.enqueue(call, tuple(args or ()), kwargs or {}, extra))
        if extra:
            raise InvalidJob(f'{self.name}: {", ".join(sorted(extra))} need a task declared with lane="message".')
        return self.AsyncResult(call.enqueue(*(args or ()), **(kwargs or {})).task_id)

    def bind_arguments(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Give the arguments by name. Raises `InvalidArguments` where they do not fit the signature."""
        try:
            return self.parameters.bind(*args, **kwargs).arguments
        except TypeError as error:
            raise InvalidArguments(f"{self.name}{self.parameters}: {error}.") from error

    def bind_mapping(self, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Give the arguments if they fit the signature; several times quicker than `bind_arguments`."""
        if arguments.keys() <= self.parameters.parameters.keys() and self.required <= arguments.keys():
            return arguments
        return self.bind_arguments(**arguments)

    @cached_property
    def required(self) -> frozenset[str]:
        """The names of the parameters that have no default."""
        return frozenset(name for name, it in self.parameters.parameters.items() if it.default is it.empty)

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """The values of parameters that a call may leave out."""
        return {name: it.default for name, it in self.parameters.parameters.items() if it.default is not it.empty}


def task(
    *,
    queue: str = "default",
    attempts: int = 5,
    backoff: Backoff | None = None,
    timeout: timedelta | None = None,
    priority: int = 0,
    atomic: bool = False,
    limit: Limit | None = None,
    give_up_on: tuple[type[Exception], ...] = (),
    lane: Literal["drain", "message"] = "drain",
    name: str | None = None,
    stale_after: timedelta | None = None,
    still_wanted: StillWanted | None = None,
    redact: tuple[str, ...] = (),
) -> Callable[[Callable[P, R]], Task[P, R]]:
    """Declare a task.

    queue: which workers take it. attempts: tries in all. backoff: the wait between them. priority: lower runs first.
    timeout: `JobTimeout` is raised in the function then, and after `GRACE` more its process is killed.
    atomic: the function runs in a transaction that also completes the job, so that what it does in the database
    happens exactly once; a failure rolls it back. limit: how many run at once or start in a period, over all workers.
    give_up_on: errors that no further attempt can mend; the job fails at once. lane: "message" gives each job a Celery
    message of its own, for Celery's canvas, its hard time limit and `revoke(terminate=True)`; it costs more.
    name: by default the app's name and the function's, so that the function can move between modules.
    stale_after: a job that was due longer ago is not retried by hand, since it does no good any more. still_wanted: is
    given the arguments of many such jobs and answers for each why it is not worth running, or None where it is.
    redact: names of arguments that the console hides, besides those that look like secrets.
    Raises `InvalidTask` for a function whose arguments cannot be stored by name, and for options that clash.
    """

    def declare(function: Callable[P, R]) -> Task[P, R]:
        options: dict[str, Any] = {
            "name": name or default_name(function),
            "queue": queue,
            "lane": lane,
            "attempts": attempts,
            "backoff": backoff or Exponential(),
            "timeout": timeout,
            "priority": priority,
            "atomic": atomic,
            "limit": limit,
            "give_up_on": give_up_on,
            "stale_after": stale_after,
            "still_wanted": staticmethod(still_wanted) if still_wanted else None,
            "redact": tuple(redact),
            "parameters": _named_parameters(function),
            "ignore_result": False,
        }
        if lane == "message" and timeout is not None:
            # The soft limit is not Celery's, whose signal could come after the task, while its end is being written.
            options["time_limit"] = (timeout + GRACE).total_seconds()
        _check(function, attempts, lane, limit)
        _check_worth(function, stale_after)
        _check_limit(function, options["parameters"], limit)
        _note_name(options["name"], function)
        register = cast("Callable[[Callable[P, R]], Task[P, R]]", shared_task(base=Task, **options))
        return register(function)

    return declare


def _check(function: Callable[..., Any], attempts: int, lane: str, limit: Limit | None) -> None:
    if attempts < 1:
        raise InvalidTask(f"{function.__qualname__}: attempts counts tries in all and is at least 1.")
    if lane == "message" and limit is not None:
        raise InvalidTask(f'{function.__qualname__}: a limit needs lane="drain"; Celery takes messages unasked.')


def _check_worth(function: Callable[..., Any], stale_after: timedelta | None) -> None:
    if stale_after is not None and stale_after <= timedelta(0):
        raise InvalidTask(f"{function.__qualname__}: stale_after is longer than nothing, not {stale_after}.")


def _check_limit(function: Callable[..., Any], signature: inspect.Signature, limit: Limit | None) -> None:
    for name in limit.fields() if limit else ():
        if name not in signature.parameters:
            raise InvalidTask(
                f"{function.__qualname__}: the limit “{limit and limit.key}” names “{name}”, which is no argument."
            )


_functions: dict[str, Callable[..., Any]] = {}


def declared() -> dict[str, Callable[..., Any]]:
    """Give the functions of all declared tasks by their names."""
    return dict(_functions)


def _note_name(name: str, function: Callable[..., Any]) -> None:
    # Celery would silently keep the first of two. The same function comes twice where its module is loaded again.
    before = _functions.setdefault(name, function)
    if (before.__module__, before.__qualname__) != (function.__module__, function.__qualname__):
        raise InvalidTask(
            f"{function.__module__}.{function.__qualname__}: the task {name} is {before.__module__}."
            f"{before.__qualname__} already; name one of them otherwise."
        )
    _functions[name] = function


def default_name(function: Callable[..., Any]) -> str:
    """Give a task's name: `habits.import_backup` for a function of that name in `habits.tasks`."""
    return f"{function.__module__.removesuffix('.tasks')}.{function.__name__}"


def _named_parameters(function: Callable[..., Any]) -> inspect.Signature:
    """Give a function's signature. Raises `InvalidTask` where a parameter has no name of its own."""
    signature = inspect.signature(function)
    for parameter in signature.parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise InvalidTask(f"{function.__qualname__}: “{parameter}” has no name under which it could be stored.")
    return signature
