"""`make bench BENCH=convergence`: 200 random runs of phones in each of three worlds. The last line is JSON.

Exit code 1 where something was lost, doubled or different; what a run is and what must hold: see
`tests/integration/habits/sync/convergence.py`.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.servers import bench_servers

RUNS = int(os.environ.get("RUNS") or (20 if os.environ.get("QUICK") else 200))
PEOPLE = 4
"""How many people's phones sync at the same time."""

LEASE = 3
"""Seconds after which a killed worker's jobs are taken over."""

PATIENT = {"worker up": 0.5, "worker stopped": 0.0, "killed mid-merge": 0.5}
"""The worlds, and what share of the pushes waits for its merge; the rest is left to the worker, or to a pull."""


def main() -> int:
    """Play all runs and print what was found."""
    with bench_servers(), tempfile.TemporaryDirectory(prefix="focusjobs-convergence-") as directory:
        os.environ.update(API_RATE_USER="", API_RATE_PUSH="", ALLOWED_HOSTS="*", SECURE_SSL_REDIRECT="0")
        os.environ.update(JOBS_LEASE_SECONDS=str(LEASE), DJANGO_SETTINGS_MODULE="focusjobs.settings")
        import django

        django.setup()
        found = {world: _play_all(world, Path(directory)) for world in PATIENT}
    for world, figures in found.items():
        print(f"{world:17} {figures}")
    print(json.dumps({"runs": RUNS, "worlds": found}))
    return 1 if any(figures["wrong"] or figures["left_in_the_inbox"] for figures in found.values()) else 0


def _play_all(world: str, directory: Path) -> dict[str, Any]:
    from habits.models import SyncPush

    started = time.monotonic()
    before = SyncPush.objects.count()
    with _processes(world, directory) as (port, strikes), ThreadPoolExecutor(PEOPLE) as pool:
        ended = list(pool.map(lambda seed: _play(seed, port, PATIENT[world]), range(RUNS)))
    pushes = SyncPush.objects.count() - before
    left = SyncPush.objects.filter(merged_version=None).count()
    return {
        "wrong": [seed for seed, right in enumerate(ended) if not right],
        "pushes": pushes,
        "left_in_the_inbox": left,
        "strikes": strikes(),
        "seconds": round(time.monotonic() - started),
    }


def _play(seed: int, port: int, patient: float) -> bool:
    """Play one run and tell whether all promises were kept; every fifth has phones that pull first."""
    from django.db import connection

    from benchmarks.convergence.line import Person
    from tests.integration.habits.sync.convergence import Run

    dice = random.Random(f"line {seed}")  # noqa: S311
    try:
        run = Run(seed, Person(port, dice, patient=patient), stock=seed % 5 == 4)
        with ThreadPoolExecutor(2) as pool:
            run.play(at_once=pool.map)
        run.check()
    except Exception:
        print(f"seed {seed}:\n{traceback.format_exc()}", file=sys.stderr)
        return False
    finally:
        connection.close()
    return True


@contextmanager
def _processes(world: str, directory: Path) -> Iterator[tuple[int, Callable[[], dict[str, int]]]]:
    """Run what a world has of servers; give the web server's port, and what was killed until now."""
    from benchmarks.convergence.saboteur import Saboteur
    from benchmarks.convergence.tier import Web, Worker

    web, worker = Web(directory), Worker(directory)
    saboteur = Saboteur(web, worker, random.Random(world))  # noqa: S311
    try:
        web.start()
        if world != "worker stopped":
            worker.start()
        if world == "killed mid-merge":
            saboteur.start()
        yield web.port, lambda: dict(saboteur.strikes)
        if world == "killed mid-merge":
            saboteur.stop()
    finally:
        saboteur.enough.set()
        for tier in (web, worker):
            tier.kill()


if __name__ == "__main__":
    sys.exit(main())
