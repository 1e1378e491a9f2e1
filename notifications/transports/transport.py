"""What every transport can do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol
from uuid import UUID

from .outcome import Outcome
from .outgoing import Outgoing

Result = tuple[UUID, Outcome]
"""A delivery's id and what became of it."""


class ConfigurationError(ValueError):
    """A transport cannot work as it is configured; the text says what to change."""


class Transport(Protocol):
    """A way to people's devices. It repeats nothing by itself and writes nothing down: whoever calls it decides."""

    @property
    def name(self) -> str:
        """The name under which it is configured."""

    def validate(self, message: Outgoing) -> None:
        """Raise `InvalidMessage` if the provider would refuse it for its size or form."""

    def send(self, batch: Iterable[Outgoing]) -> Iterator[Result]:
        """Send messages and give the outcome of each as it becomes known: exactly one each, in any order.

        They are drawn as they are needed, so that who gives them may stop when the first outcomes are bad.
        """

    def send_in_groups(self, batch: Iterable[Outgoing]) -> Iterator[Sequence[Result]]:
        """Do the same in groups, for writing them down: each 100 outcomes, or those of 100 ms."""
