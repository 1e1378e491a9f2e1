"""`make bench BENCH=capacity`: measure what each act costs, then a mixed load, and compare it with the model.

The last line is JSON. `python -m benchmarks.capacity table` prints what 1, 10 and 100 million people need, from the
costs that are kept beside this module; a measurement that is not QUICK=1 replaces them.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.capacity.model import ACTS, BEHAVIOUR, TIERS, Costs, Use, at_least_nothing, breaking_points, need
from benchmarks.processes import Load, wait_for_quiet
from benchmarks.servers import database

QUICK = bool(os.environ.get("QUICK"))
KEPT = Path(__file__).with_name("costs.json")

IDLE = 3.0 if QUICK else 8.0
UNITS = {"push": 200, "wide": 40, "pull": 200, "reminder": 500, "close": 1000, "job": 4000}
FULL = {"push": 600, "wide": 120, "pull": 600, "reminder": 1500, "close": 2000, "job": 20_000}
"""How often each act is done to learn its cost; a wide push has 20 rows."""

DAY_OF = 100
"""People whose day is done within seconds."""

LOADS = {
    f"a day of {DAY_OF} people": {act: round(DAY_OF * times) for act, (times, _) in BEHAVIOUR.daily().items()},
    "all at once": {"push": 400, "pull": 600, "reminder": 600, "close": 1000, "job": 3000},
}
"""What is done at once to check the model."""

SIZES = """
SELECT relname, pg_total_relation_size(oid) / greatest(reltuples, 1) FROM pg_class
WHERE relname = ANY(%s) AND reltuples > 0
"""
TABLES = ["habits_completion", "analytics_userday", "notifications_notification", "notifications_delivery", "jobs_job"]


def main() -> int:
    """Measure, or print the table."""
    if sys.argv[1:] == ["table"]:
        print(table(kept()))
        return 0
    from benchmarks.capacity.stack import running

    with running() as stack:
        from benchmarks.capacity.people import Crowd

        crowd = Crowd(stack.port)
        wait_for_quiet(1 if QUICK else 15)
        load = Load.begin()
        costs = learn(stack, crowd)
        figures = check(stack, crowd, costs)
        figures["foreign"] = round(load.foreign(), 2)
    if not QUICK:
        keep(costs, figures["foreign"])
    print(json.dumps({**figures, "costs": as_json(costs)}))
    return 0


def learn(stack: Any, crowd: Any) -> Costs:
    """Do one kind of act after another and give what each costs."""
    stack.settle()
    idle = stack.during(lambda: time.sleep(IDLE))
    idle = idle * (1 / idle.seconds)
    units = UNITS if QUICK else FULL

    def each(work: Any, times: int) -> Use:
        used = stack.during(work)
        return at_least_nothing(used - idle * used.seconds) * (1 / times)

    crowd.push(20, 2)  # the first requests import what they need
    stack.settle()
    push = each(lambda: crowd.push(units["push"], 2), units["push"])
    wide = each(lambda: crowd.push(units["wide"], 20), units["wide"])
    acts = {
        "push": push,
        "row": (wide - push) * (1 / 18),
        "pull": each(lambda: crowd.pull(units["pull"]), units["pull"]),
        "reminder": each(lambda: crowd.remind(1, units["reminder"]), units["reminder"]),
        "close": each(lambda: crowd.close(1, units["close"]), units["close"]),
        "job": each(lambda: crowd.work(units["job"]), units["job"]),
    }
    return Costs(acts, idle, sizes())


def sizes() -> dict[str, float]:
    """Give the bytes of a row of each table, with its indexes."""
    with database() as session:
        session.execute("ANALYZE")
        return {name: float(size) for name, size in session.execute(SIZES, [TABLES]).fetchall()}


def check(stack: Any, crowd: Any, costs: Costs) -> dict[str, Any]:
    """Do all acts at once, and compare what it took with what the model says, for each load; errors in percent."""
    reminded, closed, errors = FULL["reminder"], FULL["close"], {}
    for name, done in LOADS.items():
        works = [
            lambda done=done: crowd.push(done["push"], 2),
            lambda done=done: crowd.pull(done["pull"]),
            lambda done=done, at=reminded: crowd.remind(at + 1, at + done["reminder"]),
            lambda done=done, at=closed: crowd.close(at + 1, at + done["close"]),
            lambda done=done: crowd.work(done["job"]),
        ]
        used = stack.during(lambda works=works: _at_once(works))
        reminded, closed = reminded + done["reminder"], closed + done["close"]
        errors[name] = compare(name, costs.predict(done, used.seconds), used)
    return {"error_percent": errors, "loads": LOADS}


def _at_once(works: list[Callable[[], None]]) -> None:
    with ThreadPoolExecutor(len(works)) as pool:
        for ended in [pool.submit(work) for work in works]:
            ended.result()


def compare(name: str, told: Use, used: Use) -> dict[str, float]:
    """Print what was predicted beside what was measured, and give the errors in percent."""
    rows = {f"{tier} CPU s": (told.cpu[tier], used.cpu[tier]) for tier in TIERS}
    rows["all CPU s"] = (sum(told.cpu.values()), sum(used.cpu.values()))
    rows |= {"WAL MB": (told.wal / 1e6, used.wal / 1e6), "commits": (told.commits, used.commits)}
    rows["Valkey commands"] = (told.commands, used.commands)
    errors = {what: round(100 * (guess / real - 1), 1) for what, (guess, real) in rows.items()}
    print(f"{name}, in {used.seconds:.0f} s")
    for what, (guess, real) in rows.items():
        print(f"  {what:16} predicted {guess:10,.2f}   measured {real:10,.2f}   {errors[what]:+.0f} %")
    return errors


def as_json(costs: Costs) -> dict[str, Any]:
    """Give costs as they are kept: CPU in milliseconds."""

    def told(use: Use) -> dict[str, float]:
        cpu = {f"{tier}_ms": round(1000 * use.cpu[tier], 4) for tier in TIERS}
        return {
            **cpu,
            "wal_bytes": round(use.wal),
            "commits": round(use.commits, 3),
            "commands": round(use.commands, 2),
        }

    return {
        "acts": {act: told(costs.acts[act]) for act in ACTS},
        "idle_a_second": told(costs.idle),
        "bytes_a_row": {name: round(size) for name, size in costs.bytes.items()},
    }


def keep(costs: Costs, foreign: float) -> None:
    """Store the costs."""
    when = {"measured": datetime.now(UTC).date().isoformat(), "source": "make bench BENCH=capacity", "foreign": foreign}
    KEPT.write_text(json.dumps({**when, **as_json(costs)}, indent=1) + "\n")


def kept() -> Costs:
    """Give the costs that were measured last."""
    stored = json.loads(KEPT.read_text())

    def read(told: dict[str, float]) -> Use:
        cpu = {tier: told[f"{tier}_ms"] / 1000 for tier in TIERS}
        return Use(cpu, told["wal_bytes"], told["commits"], told["commands"])

    acts = {act: read(told) for act, told in stored["acts"].items()}
    return Costs(acts, read(stored["idle_a_second"]), stored["bytes_a_row"])


LINES = {
    "cores for PostgreSQL": lambda it: it.cores["postgres"],
    "cores for workers": lambda it: it.cores["worker"],
    "cores for web": lambda it: it.cores["web"],
    "cores for Valkey": lambda it: it.cores["valkey"],
    "pushes a second": lambda it: it.pushes_s,
    "commits a second": lambda it: it.commits_s,
    "WAL, MB a second": lambda it: it.wal_mb_s,
    "WAL, TB a day": lambda it: it.wal_tb_day,
    "messages a second, on the hour": lambda it: it.sends_s,
    "commands to Valkey a second": lambda it: it.commands_s,
    "connections without a pooler": lambda it: it.connections,
    "rows kept a year, billions": lambda it: it.rows_year / 1e9,
    "disk for what is kept, TB a year": lambda it: it.disk_tb_year,
    "disk for jobs and notifications, TB": lambda it: it.disk_tb_recent,
}


def table(costs: Costs) -> str:
    """Give what 1, 10 and 100 million people need, and where it breaks first, as Markdown."""
    needs = [need(users, costs) for users in (1e6, 1e7, 1e8)]
    head = ["| in the fullest minutes | 1 million | 10 million | 100 million |", "|---|---|---|---|"]
    lines = [f"| {name} | {' | '.join(_number(of(it)) for it in needs)} |" for name, of in LINES.items()]
    points = [f"| {name} | {users / 1e6:,.1f} |" for name, users in breaking_points(costs).items()]
    return "\n".join([*head, *lines, "", "| limit | millions of people |", "|---|---|", *points])


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 20 else f"{value:.2g}"


if __name__ == "__main__":
    sys.exit(main())
