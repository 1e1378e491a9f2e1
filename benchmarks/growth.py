"""`make bench BENCH=growth`: does the ledger stay quick with millions of rows? The last line is JSON.

The table is filled with SQL; throughput (a backlog of jobs that do nothing) and the time of a claim of 100 jobs are
measured at each size, and the small table once more at the end, to tell growth from the machine's moods.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.contender import Session, focusjobs, session
from benchmarks.processes import Load, signal_tree, wait_for_quiet
from benchmarks.servers import bench_servers, database

QUICK = bool(os.environ.get("QUICK"))
SCALE = 20 if QUICK else 1
SMALL = 10_000
FINISHED = (SMALL, 1_000_000 // SCALE, 5_000_000 // SCALE)
WAITING = 1_000_000 // SCALE
JOBS = 10_000 if QUICK else 40_000
REPEATS = 3
CLAIMS = 20 if QUICK else 100
PATIENCE = 1.0 if QUICK else 15.0
"""Seconds that a measurement waits for others to leave the machine alone."""

TOLERANCE = 0.2
"""How much slower than on the small table it may be."""

# Recent, so that the housekeeper does not prune them meanwhile.
FILL = """
INSERT INTO jobs_job (task, queue, arguments, state, attempt, fence, max_attempts, tries,
                      run_at, created_at, started_at, finished_at)
SELECT 'benchmarks.noop', 'default', jsonb_build_object('n', n, 'data', repeat('x', 100)), %(state)s::text,
       1, 2, 5, 5, at, at, at, CASE WHEN %(state)s::text = 'completed' THEN at END
FROM generate_series(1, %(rows)s) AS n, LATERAL (SELECT now() - n * interval '1 millisecond' AS at) AS past
"""

Figures = dict[str, float]


def main() -> None:
    """Measure at each size and print a line for each."""
    started = time.monotonic()
    with (
        bench_servers() as servers,
        tempfile.TemporaryDirectory(prefix="focusjobs-bench-") as directory,
        session(focusjobs(2), servers.guard_pid, Path(directory), warm=200) as running,
    ):
        stages = dict(_stages(running))
    small = {name: (stages["small"][name] + stages["small_again"][name]) / 2 for name in stages["small"]}
    slower = {name: _slowdown(small, stage) for name, stage in stages.items() if not name.startswith("small")}
    print(f"{time.monotonic() - started:.0f} s")
    print(json.dumps({"stages": stages, "slower_than_small": slower, "within_20_percent": _holds(slower)}))


def _stages(running: Session) -> Iterator[tuple[str, Figures]]:
    yield "small", _told("small", _with_finished(running, SMALL, anew=True))
    for rows in FINISHED[1:]:
        name = f"{rows}_finished"
        yield name, _told(name, _with_finished(running, rows))
    yield f"{WAITING}_waiting", _told(f"{WAITING}_waiting", _with_waiting(running))
    yield "small_again", _told("small_again", _with_finished(running, SMALL, anew=True))


def _with_finished(running: Session, rows: int, *, anew: bool = False) -> Figures:
    runs = []
    for _ in range(REPEATS):
        if anew:
            running.ask("clear")
        _fill(rows - running.ask("completed"), "completed")
        wait_for_quiet(PATIENCE)
        run = running.backlog("noop", JOBS)
        running.ask("bulk", kind="aside", jobs=CLAIMS * 100, size=1000)
        runs.append({**_chosen(run), "claim_ms": running.ask("claim", queue="statistics", claims=CLAIMS)})
    return _medians(runs)


def _with_waiting(running: Session) -> Figures:
    running.ask("clear")
    _signal(running, "STOP")
    _fill(WAITING, "waiting")
    runs = []
    for _ in range(REPEATS):
        wait_for_quiet(PATIENCE)
        claim = running.ask("claim", queue="default", claims=CLAIMS)
        runs.append({**_drain_some(running), "claim_ms": claim})
    _signal(running, "CONT")  # first: a frozen worker may hold locks
    running.ask("clear")
    return _medians(runs)


def _drain_some(running: Session) -> Figures:
    """Let the workers go until they completed so many jobs."""
    before, load, done = running.used(), Load.begin(), running.ask("completed")
    start = time.monotonic()
    _signal(running, "CONT")
    while (now := running.ask("completed")) - done < JOBS:
        time.sleep(0.05)
    seconds = time.monotonic() - start
    used = running.used() - before
    _signal(running, "STOP")
    jobs = now - done
    return {"drain_per_s": jobs / seconds, "drain_cpu_us": used / jobs * 1e6, "foreign": load.foreign()}


def _signal(running: Session, name: str) -> None:
    for worker in running.workers:
        signal_tree(worker.pid, getattr(signal, f"SIG{name}"))


def _fill(rows: int, state: str) -> None:
    with database() as connection:
        if rows > 0:
            connection.execute(FILL, {"rows": rows, "state": state})
        connection.execute("VACUUM ANALYZE jobs_job")
        connection.execute("CHECKPOINT")


def _chosen(run: Figures) -> Figures:
    return {name: run[name] for name in ("drain_per_s", "drain_cpu_us", "foreign")}


def _medians(runs: list[Figures]) -> Figures:
    return {name: round(statistics.median(run[name] for run in runs), 3) for name in runs[0]}


def _slowdown(small: Figures, stage: Figures) -> Figures:
    """Give by what share a stage is slower: in time, and in CPU, which others on the machine blur less."""
    return {
        "throughput": round(1 - stage["drain_per_s"] / small["drain_per_s"], 3),
        "cpu": round(stage["drain_cpu_us"] / small["drain_cpu_us"] - 1, 3),
        "claim": round(stage["claim_ms"] / small["claim_ms"] - 1, 3),
    }


def _holds(slower: dict[str, Figures]) -> bool:
    return all(max(stage["throughput"], stage["claim"]) <= TOLERANCE for stage in slower.values())


def _told(name: str, stage: Figures) -> Figures:
    print(f"{name:<18}" + "  ".join(f"{figure} {value:,.2f}" for figure, value in stage.items()), flush=True)
    return stage


if __name__ == "__main__":
    main()
