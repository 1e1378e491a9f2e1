"""`make bench BENCH=jobs`: throughput and latency of the job layer beside BullMQ and the Python queues.

Each round runs every contender once, one after another, on the same servers; the last line is JSON with the medians.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.contender import Contender, Session, WorkerEndedError, bullmq, focusjobs, others, session
from benchmarks.processes import wait_for_quiet
from benchmarks.servers import bench_servers

QUICK = bool(os.environ.get("QUICK"))
ROUNDS = 1 if QUICK else 3
PICKUPS = 60 if QUICK else 250
NOISY = 0.25
"""Share of the machine that others may take before a run is repeated, once."""

PATIENCE = 240
"""Seconds of the whole run after which nothing is repeated and nobody waits for quiet any more."""

BARS = {"jobs_per_s": 2.0, "insert_jobs_per_s": 2.0, "enqueue_many_per_s": 2.0}
"""How many times BullMQ's on Valkey the product's figure has to be."""

JOBS = {
    "focusjobs": {"noop": 40_000, "insert": 20_000},
    "bullmq": {"noop": 30_000, "insert": 15_000},
    "bullmq_postgres": {"noop": 3_000, "insert": 3_000},
    "celery_django_db": {"noop": 600},
    "rq": {"noop": 1_000},
    "dramatiq": {"noop": 8_000},
    "procrastinate": {"noop": 1_500},
}
"""Jobs a measurement: enough for three seconds."""

Figures = dict[str, list[float]]


class Bench:
    """Runs contenders and collects what was measured of each."""

    def __init__(self, servers: int, directory: Path) -> None:
        self.servers = servers
        self.directory = directory
        self.started = time.monotonic()
        self.figures: dict[str, Figures] = defaultdict(lambda: defaultdict(list))

    def run(self, contender: Contender, measure: Callable[[Session], dict[str, float]]) -> dict[str, float]:
        """Measure a contender, and again where others kept the machine busy; keep the quieter run."""
        wait_for_quiet(20.0 if self._has_time() else 0.0)
        found = self._once(contender, measure)
        if found["foreign"] > NOISY and self._has_time():
            found = min(found, self._once(contender, measure), key=lambda run: run["foreign"])
        for name, value in found.items():
            self.figures[contender.name][name].append(value)
        told = "  ".join(f"{name} {_short(value)}" for name, value in found.items())
        print(f"{contender.name:<17}{told}", flush=True)
        return found

    def _has_time(self) -> bool:
        return not QUICK and time.monotonic() - self.started < PATIENCE

    def _once(self, contender: Contender, measure: Callable[[Session], dict[str, float]]) -> dict[str, float]:
        for _ in range(3):
            try:
                with session(contender, self.servers, self.directory, warm=200) as running:
                    return measure(running)
            except WorkerEndedError as error:
                print(error, file=sys.stderr)
        raise WorkerEndedError(f"{contender.name} did not survive three starts.")


def whole(running: Session) -> dict[str, float]:
    """Measure everything that the product and BullMQ are compared in."""
    jobs = JOBS[running.contender.name]
    found = running.throughput("noop", _scaled(jobs["noop"]))
    backlog = running.backlog("noop", _scaled(jobs["noop"]))
    inserts = running.throughput("insert", _scaled(jobs["insert"]))
    foreign = max(found.pop("foreign"), backlog.pop("foreign"), inserts["foreign"])
    return {
        **found,
        **backlog,
        "insert_jobs_per_s": inserts["jobs_per_s"],
        "insert_cpu_us": inserts["cpu_us"],
        **_latencies(running.pickup(PICKUPS)),
        "foreign": foreign,
    }


def throughput(running: Session) -> dict[str, float]:
    """Measure jobs that do nothing, enqueued to completed."""
    return running.throughput("noop", _scaled(JOBS[running.contender.name]["noop"]))


def _latencies(runs: list[dict[str, float]]) -> dict[str, float]:
    """Give percentiles: of the pick-up from the commit (BullMQ: from the call of add), and from the call."""
    found = {}
    for name, mark in (("pickup", "committed" if "committed" in runs[0] else "before"), ("call_to_start", "before")):
        times = sorted(run[mark] for run in runs)
        found[f"{name}_p50_ms"] = statistics.median(times)
        found[f"{name}_p99_ms"] = times[int(len(times) * 0.99)]
    return found


def _scaled(jobs: int) -> int:
    return jobs // 10 if QUICK else jobs


def best(bench: Bench, choices: list[Contender]) -> Contender:
    """Give the choice with the highest throughput in one run each, the first of those within 5 % of it.

    These runs do not count.
    """
    runs = [(bench.run(choice, throughput)["jobs_per_s"], choice) for choice in choices]
    bench.figures.clear()
    fastest = max(speed for speed, _ in runs)
    chosen = next(choice for speed, choice in runs if speed > 0.95 * fastest)
    print(f"{chosen.name}: best is {chosen.worker[-1]} at once in each of {chosen.workers}", flush=True)
    return chosen


def main() -> None:
    """Run the rounds, print a table and the JSON."""
    with bench_servers() as servers, tempfile.TemporaryDirectory(prefix="focusjobs-bench-") as directory:
        bench = Bench(servers.guard_pid, Path(directory))
        rivals = [
            best(bench, [focusjobs(1), focusjobs(2)]),
            best(bench, [bullmq("redis", 50), bullmq("redis", 100), bullmq("redis", 10), bullmq("redis", 50, 2)]),
            best(bench, [bullmq("postgres", 50), bullmq("postgres", 10)]),
        ]
        for _ in range(ROUNDS):
            for rival in rivals:
                bench.run(rival, whole)
            for other in others():
                bench.run(other, throughput)
    report(bench.figures, time.monotonic() - bench.started)


def report(figures: dict[str, Figures], seconds: float) -> None:
    """Print medians with their spread, and the last line."""
    medians: dict[str, Any] = {}
    for contender, found in figures.items():
        print(f"\n{contender}")
        for name, values in found.items():
            print(f"  {name:<22}{_short(statistics.median(values)):>9}  [{_short(min(values))}..{_short(max(values))}]")
        medians[contender] = {name: round(statistics.median(values), 3) for name, values in found.items()}
    _report_ratios(figures)
    print(
        f"\n{seconds:.0f} s; us are CPU time of workers and servers a job; foreign is what others took of the machine."
    )
    print(json.dumps(medians))


def _report_ratios(figures: dict[str, Figures]) -> None:
    """Print the product's figures as multiples of BullMQ's, round by round: neighbours in time share their noise."""
    print("\nfocusjobs / bullmq, each round beside its neighbour")
    for name, bar in BARS.items():
        pairs = zip(figures["focusjobs"][name], figures["bullmq"][name], strict=True)
        ratios = sorted(ours / theirs for ours, theirs in pairs)
        print(f"  {name:<22}{statistics.median(ratios):>9.2f}  [{ratios[0]:.2f}..{ratios[-1]:.2f}]  wanted {bar:.1f}")


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


if __name__ == "__main__":
    main()
