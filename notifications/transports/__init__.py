"""The ways to people's devices: FCM, APNs, Web Push, e-mail, and for development the log and a file.

`configure({"fcm": {"kind": "fcm", "credentials_file": "…"}, "console": {"kind": "console"}})` says what there is, and
`transport_for("fcm")` makes it when it is first wanted. A transport knows no tables: it takes messages whose words are
rendered (`Outgoing`) and says what became of each (`Outcome`). It repeats nothing by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from .configuration import build
from .groups import in_groups
from .outcome import Action, Fate, Outcome
from .outgoing import InvalidMessage, Outgoing, Priority, SubscriptionKeys
from .transport import ConfigurationError, Result, Transport
from .wire import close

__all__ = [
    "Action",
    "ConfigurationError",
    "Fate",
    "InvalidMessage",
    "Outcome",
    "Outgoing",
    "Priority",
    "Result",
    "SubscriptionKeys",
    "Transport",
    "UnknownTransport",
    "close",
    "configure",
    "configured",
    "in_groups",
    "transport_for",
]

DEFAULT: Mapping[str, Mapping[str, Any]] = {"console": {"kind": "console"}}


class UnknownTransport(LookupError):
    """No transport of this name is configured."""


_lock = threading.RLock()
_configuration: Mapping[str, Mapping[str, Any]] = DEFAULT
_transports: dict[str, Transport] = {}


def configure(transports: Mapping[str, Mapping[str, Any]]) -> None:
    """Say which transports there are, by name; without any there is the console alone.

    Each has a `kind` (by default its name) and the options of that kind: those that its `from_options` takes.
    Nothing is read or connected before a transport is wanted; what cannot work is told then.
    """
    global _configuration
    with _lock:
        _configuration = dict(transports) or DEFAULT
        _transports.clear()


def configured() -> tuple[str, ...]:
    """Give the names of the transports that there are."""
    return tuple(_configuration)


def transport_for(name: str) -> Transport:
    """Give a transport. Raises `UnknownTransport`, and `ConfigurationError` where its options cannot work."""
    with _lock:
        if name not in _configuration:
            raise UnknownTransport(f"There is no transport “{name}”; configured are {', '.join(_configuration)}.")
        if name not in _transports:
            _transports[name] = build(name, _configuration[name])
        return _transports[name]
