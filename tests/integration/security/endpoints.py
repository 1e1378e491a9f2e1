"""What the address resolver serves: every route, and the methods that its view answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.urls import URLResolver, get_resolver

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Route:
    pattern: str
    """As in `path()`, with the parts that vary in angle brackets."""
    view: Callable[..., Any]

    @property
    def methods(self) -> tuple[str, ...] | None:
        """What a class-based view has methods for; None for a function, which says so only when it is asked."""
        cls = getattr(self.view, "cls", None) or getattr(self.view, "view_class", None)
        return None if cls is None else tuple(method for method in METHODS if hasattr(cls, method.lower()))


def routes(below: str = "") -> list[Route]:
    """Every route whose pattern begins so; of two with the same pattern, the one that is reached."""
    reached: dict[str, Route] = {}
    for route in _walk(get_resolver(), ""):
        reached.setdefault(route.pattern, route)
    return [route for route in reached.values() if route.pattern.startswith(below)]


def _walk(resolver: URLResolver, prefix: str) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        pattern = f"{prefix}{entry.pattern}"
        if isinstance(entry, URLResolver):
            yield from _walk(entry, pattern)
        else:
            yield Route(pattern, _unwrapped(entry.callback))


def _unwrapped(view: Any) -> Any:
    while isinstance(view, partial):
        view = view.func
    return view


def address(pattern: str, keys: dict[str, Any]) -> str:
    """Fill the varying parts of a pattern in, by their names."""
    out = []
    for part in pattern.split("<"):
        varying, closed, rest = part.partition(">")
        out.append(f"{keys[varying.rpartition(':')[2]]}{rest}" if closed else part)
    return "/" + "".join(out)
