"""`make bench BENCH=hosts SEED=1`: cut machines off at random moments and count. The last line is JSON.

Exit code 1 where a promise was broken, 2 where this machine has no network namespaces. QUICK=1 makes one short cut and
kills everybody afterwards. LEASE and SILENCE (seconds) set JOBS_LEASE_SECONDS and DATABASE_SILENCE_SECONDS; short ones
let many cuts fit in.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.hosts.network import Network, why_not
from benchmarks.hosts.servers import host_servers
from benchmarks.processes import wait_until
from benchmarks.servers import database

QUICK = bool(os.environ.get("QUICK"))
SEED = int(os.environ.get("SEED") or 1)
LEASE = int(os.environ.get("LEASE") or 2)
SILENCE = int(os.environ.get("SILENCE") or 5)
DRAIN = 120.0
"""Seconds after the last cut in which everything must have been completed."""

PROMISES = ("lost", "doubled", "repeated_unheld", "ended_badly")
"""What must be 0."""

REFUSALS = ("lease lost", "lost its lease", "was another worker's")
"""What a worker's log says of a job that another has taken over."""


def main() -> int:
    """Run, print and tell whether every promise was kept."""
    if refusal := why_not():
        print(f"This machine cannot stand for several: {refusal}.")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.environ.update(
        JOBS_LEASE_SECONDS=str(LEASE),
        DATABASE_SILENCE_SECONDS=str(SILENCE),
        DJANGO_SETTINGS_MODULE="focusjobs.settings",
    )
    with (
        tempfile.TemporaryDirectory(prefix="focusjobs-hosts-") as directory,
        Network() as network,
        host_servers(network, durable=not QUICK) as environment,
    ):
        found = run(network, environment, Path(directory))
    kept = not any(found[name] for name in PROMISES)
    print("All promises were kept." if kept else "A PROMISE WAS BROKEN.")
    print(json.dumps(found))
    return 0 if kept else 1


def run(network: Network, environment: dict[str, str], directory: Path) -> dict[str, Any]:
    """Let jobs run on two machines through all cuts, and give what was counted."""
    import django

    django.setup()
    from benchmarks.hosts import load
    from benchmarks.hosts.cuts import KINDS, Cutter
    from benchmarks.hosts.machines import WORKERS, Machines
    from benchmarks.hosts.tasks import TABLES

    with database() as session:
        session.execute(TABLES)
    dice = random.Random(SEED)  # noqa: S311 - cuts that can be had again
    began = time.monotonic()
    with Machines(network, environment, directory) as machines:
        producer = load.Producer(machines.web, random.Random(SEED + 1))  # noqa: S311
        producer.start()
        cutter = Cutter(network, machines, producer, dice, LEASE, SILENCE)
        cuts = []
        for kind in KINDS[:1] if QUICK else dice.sample(KINDS, len(KINDS)):
            cuts.append(cutter.cut(kind))
            print(_line(cuts[-1].figures()), flush=True)
        producer.finish()
        load.end_schedule()
        wait_until(lambda: not load.unfinished(), DRAIN, "not everything was completed")
        # What was sent into the cut is sent again seconds after its end.
        heard = "no worker that was cut off heard that its jobs are another's"
        wait_until(lambda: any(machines.said(host, *REFUSALS) for host in WORKERS), DRAIN, heard)
        ended = {} if QUICK else machines.stop()
        refused = sum(machines.said(host, *REFUSALS) for host in WORKERS)
    audit = load.Audit.of(producer.jobs, machines.effects)
    held = set().union(*(cut.jobs for cut in cuts))
    return {
        "seed": SEED,
        "jobs": producer.jobs,
        "ticks": audit.ticks,
        "lost": audit.lost,
        "doubled": audit.doubled,
        "repeated": len(audit.repeated),
        "bound": sum(not load.is_book(n) for n in held),
        "repeated_unheld": len(audit.repeated - held),
        "refused": refused,
        "requests_repeated": producer.unsettled,
        "longest_request_s": round(producer.longest, 1),
        "ended_badly": sum(code != 0 for code, _ in ended.values()),
        "end_s": max((seconds for _, seconds in ended.values()), default=None),
        "seconds": round(time.monotonic() - began, 1),
        "lease_s": LEASE,
        "silence_s": SILENCE,
        "taken_at_most_s": max(cut.taken or 0.0 for cut in cuts),
        "back_at_most_s": max(cut.back for cut in cuts),
        "mended_at_most_s": max(cut.mended for cut in cuts),
        "cuts": [cut.figures() for cut in cuts],
    }


def _line(cut: dict[str, Any]) -> str:
    taken = "" if cut["taken"] is None else f"taken over after {cut['taken']} s, "
    cut_off = f"{cut['kind']:44} {cut['seconds']:5} s, {cut['held']:3} jobs held"
    return f"{cut_off}, {taken}back after {cut['back']} s, mended after {cut['mended']} s"


if __name__ == "__main__":
    sys.exit(main())
