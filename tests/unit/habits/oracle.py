"""Reads the expected answers that lie in a sibling folder of the clone, and turns Loop's values into records."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from habits.domain.records import Kind, Record, Rule, TargetType

ORACLE = Path(__file__).resolve().parents[4] / "shared" / "oracle"

TICK, SKIP, UNKNOWN = 2, 3, -1


def lines(name: str) -> list[Any]:
    """Return the cases of a file with one JSON object a line; none when the oracle is absent."""
    path = ORACLE / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def document(name: str) -> Any:
    """Return the content of a JSON file; an empty list when the oracle is absent."""
    path = ORACLE / name
    return json.loads(path.read_text()) if path.exists() else []


def imported_habits() -> list[Any]:
    """Return the habits of the sample backups, each with the day as of which its statistics are expected."""
    files = sorted((ORACLE / "loop_import_samples" / "expected").glob("*.json"))
    contents = [json.loads(path.read_text()) for path in files]
    return [
        {"id": f"{content['file']}-{index}", "today": content["today"], **habit}
        for content in contents
        for index, habit in enumerate(content["habits"])
    ]


def rule_of(habit: dict[str, Any]) -> Rule:
    """Turn a habit of Loop into a rule."""
    return Rule(
        kind=Kind.YES_NO if habit["type"] == "yes_no" else Kind.MEASURED,
        freq_num=habit["freq_num"],
        freq_den=habit["freq_den"],
        target_type=TargetType(habit["target_type"]),
        target_value=habit["target_value"],
    )


def records_of(case: dict[str, Any]) -> dict[date, Record]:
    """Turn the entries of a habit of Loop into records."""
    ticks = case["habit"]["type"] == "yes_no"
    return {date.fromisoformat(day): _record(value, any(note), ticks) for day, value, *note in case["entries"]}


def _record(value: int, noted: bool, ticks: bool) -> Record:
    if value == SKIP:
        return Record(skipped=True, noted=noted)
    if value == UNKNOWN:
        return Record(noted=noted)
    thousandths = value if not ticks else 1000 if value == TICK else 0
    return Record(value=thousandths, noted=noted)
