"""What a job carries from the request that enqueued it: the request's id, and with OpenTelemetry its trace.

Tracing is an extra: it is done where `OTEL_ENABLED` is set and opentelemetry-api can be imported, through whatever
tracer provider the process has set up, as `opentelemetry-instrument` does. Enqueuing is a producer span; each attempt
is a consumer span below it (W3C Trace Context, in the job's options), so that one trace leads from the request
through retries to the end. Without it, and outside of requests, a job carries nothing and costs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

from django.conf import settings

from focusjobs.logs import correlation

from ..errors import Signal

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

NOTHING = nullcontext()

Attributes = dict[str, str | int]


class Attempted(Protocol):
    """What is to be known of an attempt: a claim."""

    @property
    def id(self) -> int: ...  # noqa: D102
    @property
    def task(self) -> str: ...  # noqa: D102
    @property
    def attempt(self) -> int: ...  # noqa: D102
    @property
    def options(self) -> str | None: ...  # noqa: D102


def carried() -> str | None:
    """Give the options of a job that is enqueued now, as JSON; None where there is nothing to carry."""
    request_id = correlation.fields().get("request_id")
    options = {"request_id": str(request_id)} if request_id else {}
    if is_enabled():
        _propagator().inject(options)
    return json.dumps(options) if options else None


def enqueuing(task: str, queue: str) -> AbstractContextManager[Any]:
    """Give the span of an enqueue, to be open while `carried` is called."""
    if not is_enabled():
        return NOTHING
    from opentelemetry.trace import SpanKind

    attributes: Attributes = {
        "messaging.system": "focusjobs",
        "messaging.operation.type": "send",
        "messaging.destination.name": queue,
    }
    return _tracer().start_as_current_span(f"enqueue {task}", kind=SpanKind.PRODUCER, attributes=attributes)


def attempt(claim: Attempted) -> AbstractContextManager[Any]:
    """Give the span of an attempt."""
    return _span(claim, json.loads(claim.options or "{}")) if is_enabled() else NOTHING


@contextmanager
def _span(claim: Attempted, options: dict[str, Any]) -> Iterator[None]:
    from opentelemetry.trace import SpanKind

    attributes: Attributes = {
        "messaging.system": "focusjobs",
        "messaging.operation.type": "process",
        "messaging.message.id": str(claim.id),
        "focusjobs.attempt": claim.attempt,
    }
    parent = _propagator().extract(options)
    with _tracer().start_as_current_span(
        f"run {claim.task}",
        parent,
        SpanKind.CONSUMER,
        attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield
        except Exception as error:
            _note(span, error)
            raise


def _note(span: Span, error: Exception) -> None:
    from opentelemetry.trace import StatusCode

    if isinstance(error, Signal):  # a task that puts its job off or cancels it has not failed
        span.set_attribute("focusjobs.signal", type(error).__name__.lower())
    else:
        span.record_exception(error)
        span.set_status(StatusCode.ERROR, type(error).__name__)


def is_enabled() -> bool:
    """Tell whether this process traces."""
    return settings.OTEL_ENABLED and _is_installed()


@cache
def _is_installed() -> bool:
    return find_spec("opentelemetry") is not None and find_spec("opentelemetry.trace") is not None


def _tracer() -> Tracer:
    from opentelemetry.trace import get_tracer

    return get_tracer("focusjobs.jobs")


@cache
def _propagator() -> Any:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator()
