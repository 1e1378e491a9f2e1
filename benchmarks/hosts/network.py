"""Network namespaces that stand for machines, joined by a switch that can drop one of them (Linux, root)."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType

HOSTS = {"postgres": 2, "valkey": 3, "web": 4, "one": 5, "two": 6}
"""The machines, and the last number of each one's address."""

SUBNET = "192.0.2"
"""TEST-NET-1 of RFC 5737: no network of the machine's own can have it."""

SWITCH = "switch"


def why_not() -> str:
    """Say why this machine cannot have such networks; empty where it can."""
    missing = [name for name in ("ip", "unshare", "nsenter") if shutil.which(name) is None]
    if missing:
        return f"not installed: {', '.join(missing)} (iproute2, util-linux)"
    if os.geteuid() != 0:
        return "network namespaces are for root"
    wanted = "ip link add one type veth peer name two && ip link add name switch type bridge"
    tried = subprocess.run(["unshare", "--net", "--uts", "sh", "-c", wanted], capture_output=True, text=True)
    return f"network namespaces are refused: {tried.stderr.strip()}" if tried.returncode else ""


def address(host: str) -> str:
    """Give a machine's address."""
    return f"{SUBNET}.{HOSTS[host]}"


class Network:
    """The machines and their switch. All of it is gone when the process that made it ends, in whatever way.

    A namespace lasts as long as something runs in it; in each there is a process that reads a pipe from here and ends
    with it.
    """

    def __init__(self) -> None:
        self._holders: dict[str, subprocess.Popen[bytes]] = {}
        self._ends = ExitStack()

    def __enter__(self) -> Network:
        try:
            self._build()
        except BaseException:
            self._ends.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.close()

    def within(self, host: str) -> list[str]:
        """Give the words that, in front of a command, run it on that machine."""
        return ["nsenter", f"--target={self._holders[host].pid}", "--net", "--uts", "--"]

    def cut(self, host: str) -> None:
        """Let every packet from and to a machine vanish: it keeps its link, and nobody is told anything."""
        self._run(SWITCH, ["ip", "link", "set", f"to-{host}", "nomaster"])

    def join(self, host: str) -> None:
        """Connect a machine again."""
        self._run(SWITCH, ["ip", "link", "set", f"to-{host}", "master", SWITCH])

    def half_open(self, client: str, server: str) -> int:
        """Count connections that only the client still has and waits at, or only PostgreSQL, holding locks for it.

        The rest does no harm: the client's other connections to Valkey are noticed by a timeout of the next command,
        and Valkey looks after its end every five minutes.
        """
        waited_at = self._ports(client, server, 2, "keepalive")
        here, there = self._ports(client, server, 2), self._ports(server, client, 3)
        return len(waited_at - there) + (len(there - here) if server == "postgres" else 0)

    def _ports(self, host: str, other: str, column: int, timer: str = "") -> set[str]:
        """Give the client's ports of the connections to another machine that this one has, from a column of ss."""
        words = ["ss", "--tcp", "--no-header", "--numeric", "--options", "state", "established", "dst", address(other)]
        told = subprocess.run([*self.within(host), *words], check=True, capture_output=True, text=True).stdout
        return {line.split()[column].rpartition(":")[2] for line in told.splitlines() if timer in line}

    def _build(self) -> None:
        for name in (SWITCH, *HOSTS):
            self._holders[name] = self._hold(name)
        self._run(SWITCH, ["ip", "link", "add", "name", SWITCH, "type", "bridge"])
        self._run(SWITCH, ["ip", "link", "set", SWITCH, "up"])
        for host in HOSTS:
            self._connect(host)

    def _hold(self, name: str) -> subprocess.Popen[bytes]:
        """Make a namespace, with a host name of its own, and return once it is there."""
        script = f"hostname {name} && echo ready && exec cat"
        holder = subprocess.Popen(
            ["unshare", "--net", "--uts", "sh", "-c", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._ends.callback(_release, holder)
        assert holder.stdout is not None  # noqa: S101
        if holder.stdout.readline() != b"ready\n":
            raise RuntimeError(f"The network of {name} could not be made.")
        return holder

    def _connect(self, host: str) -> None:
        """Lay a cable to the switch. Who has which address is fixed, so that a cut is silence and not an ARP error."""
        holder, switch = (self._holders[name].pid for name in (host, SWITCH))
        cable = ["ip", "link", "add", "eth0", "address", _mac(host), "netns", str(holder)]
        subprocess.run([*cable, "type", "veth", "peer", "name", f"to-{host}", "netns", str(switch)], check=True)
        self.join(host)
        self._run(SWITCH, ["ip", "link", "set", f"to-{host}", "up"])
        self._run(host, ["ip", "link", "set", "lo", "up"])
        self._run(host, ["ip", "link", "set", "eth0", "up"])
        self._run(host, ["ip", "address", "add", f"{address(host)}/24", "dev", "eth0"])
        for other in HOSTS:
            known = ["ip", "neigh", "add", address(other), "lladdr", _mac(other), "dev", "eth0", "nud", "permanent"]
            self._run(host, known)

    def _run(self, host: str, command: Sequence[str]) -> None:
        subprocess.run([*self.within(host), *command], check=True)


def _mac(host: str) -> str:
    return f"02:00:00:00:00:{HOSTS[host]:02x}"


def _release(holder: subprocess.Popen[bytes]) -> None:
    for pipe in (holder.stdin, holder.stdout):
        assert pipe is not None  # noqa: S101
        pipe.close()
    holder.wait()
