"""The cuts: which machine is cut off, when, for how long, and what is measured of it."""

from __future__ import annotations

import random
import subprocess
import time
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from benchmarks.hosts import machines
from benchmarks.hosts.load import Producer
from benchmarks.hosts.machines import WORKERS, Machines
from benchmarks.hosts.network import Network, address
from benchmarks.processes import wait_until

SAMPLE = 0.05
"""Seconds between two looks at what a machine holds that is cut off."""

SERVERS = ("postgres", "valkey")

PATIENCE = 60.0
"""Seconds after the end of a cut in which everybody must work again."""


@dataclass(frozen=True)
class Kind:
    """A kind of cut.

    host: who is cut off. strikes: the machines whose jobs it may interrupt. shorter: whether it ends before the
    connections are given up, so that they go on as if nothing had been. forgets: whether the servers have closed the
    machine's connections when it comes back, as they have after a long time, without its knowing.
    """

    name: str
    host: str
    strikes: tuple[str, ...]
    shorter: bool
    forgets: bool = False


KINDS = (
    Kind("worker, for a little longer than a lease", "one", ("one",), shorter=True),
    Kind("worker, until its connections are given up", "one", ("one",), shorter=False),
    Kind("worker, until the servers forgot it", "one", ("one",), shorter=False, forgets=True),
    Kind("web, in the middle of a transaction", "web", (), shorter=False),
    Kind("Valkey, from all", "valkey", WORKERS, shorter=False),
    Kind("PostgreSQL, from all", "postgres", WORKERS, shorter=False),
)


@dataclass
class Cut:
    """What was measured of one cut; times in seconds.

    held: jobs that the machines held while it lasted. taken: from the cut until the last of those that were taken from
    them ran elsewhere. back: from the end of the cut until the machine had begun a job, or answered a request.
    mended: from the end of the cut until the machine had no connection that only one of its ends knew.
    """

    kind: str
    seconds: float = 0.0
    held: int = 0
    taken: float | None = None
    back: float = 0.0
    mended: float = 0.0
    jobs: set[int] = field(default_factory=set)
    """The `n` of the jobs that were held."""

    def figures(self) -> dict[str, Any]:
        """Give what is told of it."""
        return {name: value for name, value in asdict(self).items() if name != "jobs"}


@dataclass
class Cutter:
    """Cuts machines off. lease, silence: the product's settings, in seconds."""

    network: Network
    machines: Machines
    producer: Producer
    dice: random.Random
    lease: float
    silence: float

    def cut(self, kind: Kind) -> Cut:
        """Cut off, watch, join again, and return when everybody works."""
        seconds = self._length(kind)
        self._strike(kind)
        at, found = machines.now(), Cut(kind.name)
        try:
            held = self._watch(kind, seconds)
        finally:
            self.network.join(kind.host)
        joined, began = machines.now(), time.monotonic()
        found.seconds = round((joined - at).total_seconds(), 1)
        found.held, found.jobs = len(held), {n for n in held.values() if n is not None}
        found.back = self._await_return(kind, joined)
        found.mended = self._await_mended(kind, began)
        found.taken = self._taken(kind, list(held), at)
        return found

    def _length(self, kind: Kind) -> float:
        if kind.shorter:
            return self.dice.uniform(self.lease + 1, max(self.lease + 2, self.silence - 1))
        return self.silence + self.dice.uniform(2, 3)

    def _await_moment(self, kind: Kind) -> None:
        """Return at a random moment, at which a worker that is to be cut off has jobs, or web a transaction."""
        time.sleep(self.dice.uniform(0.3, 1.3))
        if kind.host == "web":
            self.producer.hold = 1.0
            wait_until(lambda: machines.is_in_transaction(address("web")), 20, "no request came")
        for host in kind.strikes:
            wait_until(lambda host=host: machines.held_by(host), 20, f"{host} got no job")

    def _strike(self, kind: Kind) -> None:
        """Cut a machine off at a random moment; once more where its last job had just ended."""
        while True:
            self._await_moment(kind)
            self.network.cut(kind.host)
            time.sleep(SAMPLE)  # until what is on its way has arrived
            if kind.host not in WORKERS or machines.held_by(kind.host):
                return
            self.network.join(kind.host)

    def _watch(self, kind: Kind, seconds: float) -> dict[int, int | None]:
        """Let the cut last, and until another worker has done what a cut-off one held; give every job that was held."""
        held: dict[int, int | None] = {}
        began, forgotten, taken = time.monotonic(), not kind.forgets, kind.host not in WORKERS
        while (passed := time.monotonic() - began) < seconds or not taken:
            held |= machines.held_by(*kind.strikes)
            taken = kind.host not in WORKERS or not machines.are_open(list(held))
            if not forgotten and passed > seconds / 2:
                self._forget(kind.host)
                forgotten = True
            time.sleep(SAMPLE)
        return held

    def _forget(self, host: str) -> None:
        """Let both servers lose a machine's connections; what they say of it is lost in the cut."""
        for server in ("postgres", "valkey"):
            words = ["ss", "--kill", "--no-header", "dst", address(host)]
            subprocess.run([*self.network.within(server), *words], check=True, capture_output=True)

    def _await_return(self, kind: Kind, joined: datetime) -> float:
        """Give how long it took until the machine, or every worker, had begun a job, or web had answered."""
        if kind.host == "web":
            done, began = self.producer.done, time.monotonic()
            wait_until(lambda: self.producer.done > done, PATIENCE, "web did not answer again")
            return round(time.monotonic() - began, 1)
        wait_until(lambda: machines.began_since(joined).keys() >= set(kind.strikes), PATIENCE, "not all work again")
        began_at = machines.began_since(joined)
        return round(max((began_at[host] - joined).total_seconds() for host in kind.strikes), 1)

    def _await_mended(self, kind: Kind, began: float) -> float:
        """Give how long it took until both ends of every connection of the machine knew the same."""
        clients = (kind.host,) if kind.host not in SERVERS else (*WORKERS, "web")
        servers = SERVERS if kind.host not in SERVERS else (kind.host,)
        pairs = [(client, server) for client in clients for server in servers]
        wait_until(
            lambda: not any(self.network.half_open(*pair) for pair in pairs), PATIENCE, f"{kind.host} has dead links"
        )
        return round(time.monotonic() - began, 1)

    def _taken(self, kind: Kind, held: list[int], at: datetime) -> float | None:
        """Give how long it took until the last job that was taken from a worker ran elsewhere; None without one."""
        if kind.host not in WORKERS:
            return None
        wait_until(lambda: not machines.are_open(held), PATIENCE, "jobs of the machine were not completed")
        last = machines.last_taken(held, kind.host, at)
        return last and round((last - at).total_seconds(), 1)
