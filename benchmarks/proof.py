"""The tables of docs/proof.md, made from the figures that `make bench` has kept."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks/results"
PAGE = ROOT / "docs/proof.md"

TABLE = re.compile(r"(<!-- figures of (\w+) -->\n).*?(<!-- end of figures -->)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of a table: what is measured, where it stands in the JSON, and what is wanted of it."""

    label: str
    path: str
    wanted: str = ""


RIVALS = ("focusjobs", "bullmq", "bullmq_postgres", "celery_django_db", "rq", "dramatiq", "procrastinate")
COMPARED = {
    "jobs/s": "jobs_per_s",
    "one-row jobs/s": "insert_jobs_per_s",
    "bulk enqueue/s": "enqueue_many_per_s",
    "backlog/s": "drain_per_s",
    "CPU µs a job": "cpu_us",
    "pick-up p50 ms": "pickup_p50_ms",
    "p99 ms": "pickup_p99_ms",
    "from call p50 ms": "call_to_start_p50_ms",
    "foreign": "foreign",
}

TIMES = (
    ("jobs/s", "jobs_per_s", "bullmq", 2),
    ("one-row jobs/s", "insert_jobs_per_s", "bullmq", 2),
    ("bulk enqueue/s", "enqueue_many_per_s", "bullmq", 2),
    ("jobs/s", "jobs_per_s", "celery_django_db", 50),
)
"""What is wanted: in which figure the product is how many times a rival."""

TABLES: dict[str, tuple[Figure, ...]] = {
    "growth": (
        Figure("backlog/s with few jobs", "stages.small.drain_per_s"),
        Figure("backlog/s beside 5 million finished jobs", "stages.5000000_finished.drain_per_s", "within 20 %"),
        Figure("backlog/s beside a million waiting jobs", "stages.1000000_waiting.drain_per_s", "within 20 %"),
        Figure("claim of 100 jobs, ms, with few jobs", "stages.small.claim_ms"),
        Figure("claim of 100 beside 5 million finished, ms", "stages.5000000_finished.claim_ms", "within 20 %"),
        Figure("claim of 100 beside a million waiting, ms", "stages.1000000_waiting.claim_ms", "within 20 %"),
    ),
    "storm": (
        Figure("jobs", "jobs"),
        Figure("lost", "lost", "0"),
        Figure("atomic jobs done twice", "doubled", "0"),
        Figure("attempts that were repeated", "repeated", "at most the next line"),
        Figure("how many may be: jobs that workers held when they were struck", "bound"),
    ),
    "sync": (
        Figure("push of 50 rows, p50 ms", "push_50_p50_ms", "25"),
        Figure("push of 50 rows, p99 ms", "push_50_p99_ms", "150"),
        Figure("push of 500 rows, p99 ms", "push_500_p99_ms", "400"),
        Figure("taken in without waiting, p99 ms", "accept_p99_ms", "100"),
        Figure("taken in to merged, p99 ms", "accepted_to_merged_p99_ms", "1000"),
        Figure("pushes of 20 rows a second, 16 phones", "pushes_of_20_per_s", "at least 100"),
        Figure("empty pull, p99 ms", "empty_pull_p99_ms", "50"),
        Figure("first pull of 10,000 rows, ms", "first_pull_10000_ms", "1000"),
        Figure("µs a row, 50 rows a push", "push_50_us_per_op"),
        Figure("µs a row, 5,000 rows a push", "push_5000_us_per_op"),
        Figure("µs a row, 5,000 rows, beside a million rows of others", "push_5000_us_per_op_beside_other_rows"),
        Figure("taken by others of the machine", "foreign"),
    ),
    "convergence": tuple(
        Figure(f"{world}: {words}", f"worlds.{world}.{key}", wanted)
        for world in ("worker up", "worker stopped", "killed mid-merge")
        for words, key, wanted in (
            ("pushes", "pushes", ""),
            ("runs with anything wrong", "wrong", "0"),
            ("left in the inbox", "left_in_the_inbox", "0"),
        )
    ),
    "nightly": (
        Figure("user-days a CPU second of PostgreSQL, 30 days of history", "lengths.30.user_days_per_cpu_s", "15,000"),
        Figure("the same with 365 days", "lengths.365.user_days_per_cpu_s", "15,000, as flat"),
        Figure("times a plain loop over models", "ratio_to_orm", "50"),
        Figure("cost of a bare scan of the same records, times", "ratio_to_scan"),
    ),
    "histories": (
        Figure("histories", "histories"),
        Figure("days closed", "closed_days"),
        Figure("days, streaks, weeks and months that differ from a rebuild", "differences", "0"),
    ),
    "kills": (
        Figure("people", "people"),
        Figure("times that the worker was killed", "kills"),
        Figure("days closed by committed transactions", "closed", "one a person"),
        Figure("of them different ones", "closed_once", "one a person"),
        Figure("rows that differ from those of an undisturbed night", "differences", "0"),
        Figure("jobs retried by hand, as their fourth worker was killed", "jobs_retried_by_hand"),
        Figure("seconds, undisturbed", "seconds_undisturbed"),
        Figure("seconds, with the kills", "seconds_killed"),
    ),
    "retries": (
        Figure("failed jobs that the preview counted", "jobs"),
        Figure("others that match the filter, and failed after it", "failed_after_the_preview"),
        Figure("times that the worker was killed", "kills"),
        Figure("retried and held, s", "seconds_until_held"),
        Figure("jobs that undoing put back as they were", "restored", "each"),
        Figure("undone, s", "seconds_to_undo"),
        Figure("completed in the end", "completed", "each, once"),
        Figure("retried and completed, s", "seconds_until_completed"),
        Figure("promises broken", "broken", "0"),
    ),
    "reminders": (
        Figure("reminders found and advanced, a CPU second", "advance_per_cpu_s", "20,000"),
        Figure("messages sent, a CPU second of the sender", "sends_per_cpu_s", "3,000"),
        Figure("the same by firebase-admin's send_each", "firebase_admin_sends_per_cpu_s"),
        Figure("most in any second, with a limit of 1,000", "peak_per_s", "at most the limit"),
    ),
    "hosts": (
        Figure("jobs", "jobs"),
        Figure("machines cut off, one after another", "cuts"),
        Figure("lost", "lost", "0"),
        Figure("atomic jobs and ticks done twice", "doubled", "0"),
        Figure("other jobs that were repeated", "repeated", "at most the next line"),
        Figure("how many of them machines held that were cut off", "bound"),
        Figure("writes of a machine that came back too late, refused", "refused"),
        Figure("lease, s", "lease_s"),
        Figure("taken over after, s, at most", "taken_at_most_s"),
        Figure("works again after the cut's end, s, at most", "back_at_most_s"),
        Figure("no dead connection left, s, at most", "mended_at_most_s"),
        Figure("silence after which connections are given up, s", "silence_s"),
    ),
    "console": (
        Figure("jobs in the ledger", "jobs"),
        Figure("slowest page, median ms", "slowest_ms", "200"),
        Figure("most statements of a page", "most_queries", "30"),
    ),
}


def rewrite() -> None:
    """Bring the tables of the page to what is kept."""
    PAGE.write_text(rendered(PAGE.read_text()))


def rendered(page: str) -> str:
    """Give the page with its tables made anew."""
    return TABLE.sub(lambda found: f"{found[1]}{table_of(found[2])}\n{found[3]}", page)


def table_of(name: str) -> str:
    """Give the table of a benchmark, with the day and the machine; says so where nothing was measured yet."""
    path = RESULTS / f"{name}.json"
    if not path.exists():
        return "Not measured yet."
    kept = json.loads(path.read_text())
    lines = _compared(kept["figures"]) if name == "jobs" else _listed(TABLES.get(name, ()), kept["figures"])
    return "\n".join([*lines, "", f"{kept['measured']}; {kept['machine']}."])


def _listed(wanted: tuple[Figure, ...], figures: dict[str, Any]) -> list[str]:
    rows = wanted or tuple(Figure(name.replace("_", " "), name) for name in figures if not _nested(figures[name]))
    lines = [f"| {row.label} | {told(at(figures, row.path))} | {row.wanted} |" for row in rows]
    return ["| | measured | wanted |", "|---|---|---|", *lines]


def _nested(value: Any) -> bool:
    return isinstance(value, dict | list)


def _compared(figures: dict[str, Any]) -> list[str]:
    head = f"| | {' | '.join(COMPARED)} |"
    lines = [
        f"| {rival} | {' | '.join(told(figures[rival].get(key)) for key in COMPARED.values())} |"
        for rival in RIVALS
        if rival in figures
    ]
    return [head, "|---" * (len(COMPARED) + 1) + "|", *lines, "", *_times(figures)]


def _times(figures: dict[str, Any]) -> list[str]:
    """Give how many times the rivals' figures the product's are, beside what is wanted."""
    ratios = [
        (f"{label}, times {rival}", figures["focusjobs"][key] / figures[rival][key], wanted)
        for label, key, rival, wanted in TIMES
        if rival in figures
    ]
    lines = [f"| {label} | {told(ratio)} | at least {wanted} |" for label, ratio, wanted in ratios]
    ours, theirs = figures["focusjobs"], figures.get("bullmq", {})
    lines += [
        f"| pick-up p50 ms | {told(ours['pickup_p50_ms'])} | bullmq's, {told(theirs.get('pickup_p50_ms'))} |",
        f"| pick-up p99 ms | {told(ours['pickup_p99_ms'])} | under 20 |",
    ]
    return ["| | measured | wanted |", "|---|---|---|", *lines]


def at(figures: Any, path: str) -> Any:
    """Give what stands at a dotted path; None where there is nothing."""
    for part in path.split("."):
        figures = figures.get(part) if isinstance(figures, dict) else None
    return figures


def told(value: Any) -> str:
    """Give a figure as people read it; nothing where it was not measured."""
    if value is None:
        return ""
    if isinstance(value, list):
        return str(len(value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
