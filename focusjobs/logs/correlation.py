"""What ties log lines together: fields that every line of a request or a job carries, such as its request id."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from contextvars import ContextVar, Token
from typing import Any

_given: ContextVar[Mapping[str, Any]] = ContextVar("focusjobs_correlation", default={})  # noqa: B039 - never changed
_sources: list[Callable[[], Mapping[str, Any]]] = []


def fields() -> dict[str, Any]:
    """Give the fields of the request or job that this thread is at."""
    found = dict(_given.get())
    for source in _sources:
        found.update(source())
    return found


def add_source(source: Callable[[], Mapping[str, Any]]) -> None:
    """Ask this function for further fields whenever some are wanted, so that what it knows costs nothing before."""
    _sources.append(source)


class Correlated:
    """Adds fields to every log line of a block: `with Correlated(request_id="7"): ...`."""

    __slots__ = ("_more", "_token")

    def __init__(self, **more: Any) -> None:
        self._more = more

    def __enter__(self) -> None:
        self._token: Token[Mapping[str, Any]] = _given.set({**_given.get(), **self._more})

    def __exit__(self, *_: object) -> None:
        _given.reset(self._token)


def add_to_event(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Add the fields to a log event that has none of that name (a structlog processor)."""
    for name, value in fields().items():
        event.setdefault(name, value)
    return event
