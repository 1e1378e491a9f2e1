"""What a provider can be told to do wrong, and with which requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

BEFORE = frozenset({"refuse", "reset_before", "abort_before", "close_before", "ignore"})
"""Faults by which the request is not accepted."""

KINDS = BEFORE | {
    "reply",  # another answer: status, headers, body; nothing is accepted
    "reset_after",  # accepted, then RST_STREAM
    "abort_after",  # accepted, then a TCP reset of the connection
    "close_after",  # accepted, then the connection ends in order, without an answer
    "reset_amid",  # accepted, the headers are answered, then RST_STREAM in place of the body
    "hang",  # accepted, never answered
    "go_away",  # a graceful GOAWAY: this request and those before are answered, later ones ignored
    "go_away_previous",  # the same, but this request is not among those to be answered
    "go_away_now",  # accepted, then GOAWAY that names this request, and the end, all unanswered
    "split",  # the right answer, its body in DATA frames of one byte
    "delay",  # the right answer, `seconds` late
}


@dataclass(kw_only=True)
class Fault:
    """Something to do wrong: with requests of `address` (any, if empty), after `after` of them, each `every`-th."""

    do: str
    address: str = ""
    after: int = 0
    every: int = 1
    times: int = -1
    """How often at most; without end if negative."""
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    code: int = 2
    """Of RST_STREAM: INTERNAL_ERROR unless said otherwise."""
    seconds: float = 0
    seen: int = 0

    def __post_init__(self) -> None:
        if self.do not in KINDS:
            raise ValueError(f"There is no fault “{self.do}”; there are {', '.join(sorted(KINDS))}.")

    def strikes(self, address: str) -> bool:
        """Tell whether it strikes this request, and count it."""
        if self.times == 0 or (self.address and self.address != address):
            return False
        self.seen += 1
        if self.seen <= self.after or (self.seen - self.after) % self.every:
            return False
        self.times -= 1
        return True


@dataclass
class Script:
    """The faults of one provider, in order: the first that strikes is played."""

    faults: list[Fault] = field(default_factory=list)

    def set(self, faults: list[dict[str, Any]]) -> None:
        self.faults = [Fault(**fault) for fault in faults]

    def fault_for(self, address: str) -> Fault | None:
        return next((fault for fault in self.faults if fault.strikes(address)), None)
