"""`make bench BENCH=histories`: random histories, closed night by night, must be what a rebuild of them comes to.

PEOPLE=2000 with HABITS=5 each over NIGHTS=30, by the dice of SEED; QUICK=1 has 100 people. Prints what happened and
what differs. The last line is JSON; exit code 1 where anything differs.
"""

from __future__ import annotations

import json
import os
import sys
import time

from benchmarks.servers import bench_servers

PEOPLE = int(os.environ.get("PEOPLE", "100" if os.environ.get("QUICK") else "2000"))
HABITS = int(os.environ.get("HABITS", "5"))
NIGHTS = int(os.environ.get("NIGHTS", "30"))
SEED = int(os.environ.get("SEED", "1"))
NAMES = ("habits", "recorded_days", "days", "neutral_days", "days_of_other_length", "events", "weeks", "months")


def main() -> int:
    """Let everybody live, rebuild, and compare."""
    with bench_servers():
        import django

        os.environ["DJANGO_SETTINGS_MODULE"] = "focusjobs.settings"
        django.setup()
        found = _run()
    print("Nothing differs from a rebuild." if not found["differences"] else "WHAT IS STORED DIFFERS FROM A REBUILD.")
    print(json.dumps(found))
    return 1 if found["differences"] else 0


def _run() -> dict[str, object]:
    import time_machine

    from benchmarks.histories.rebuild import differences
    from benchmarks.histories.statements import COUNTS
    from benchmarks.histories.world import World, moments
    from focusjobs.sql import bound_rows

    world, began = World(SEED, PEOPLE, HABITS), time.perf_counter()
    for number, moment in enumerate(moments(world.dice, NIGHTS)):
        with time_machine.travel(moment, tick=False):
            world.live_a_moment() if number else world.begin()
            if number == NIGHTS:
                world.work(1)
        if number % 5 == 0:
            print(f"{moment:%d %B %H:%M} UTC: {world.counts['closed_days']:,} days closed", flush=True)
    lived = time.perf_counter() - began
    (counts,) = bound_rows(COUNTS)
    print(*(f"{name} {number:,}" for name, number in sorted(world.counts.items())), sep=", ")
    print(*(f"{name} {number:,}" for name, number in zip(NAMES, counts, strict=True)), sep=", ", flush=True)
    differing = differences()
    return {
        "histories": PEOPLE * HABITS,
        **dict(world.counts),
        **dict(zip(NAMES, counts, strict=True)),
        "differences": differing.total(),
        "by_kind": dict(differing),
        "seed": SEED,
        "seconds_lived": round(lived, 1),
        "seconds": round(time.perf_counter() - began, 1),
    }


if __name__ == "__main__":
    sys.exit(main())
