"""A phone in Python: WatermelonDB's bookkeeping and merge, and the contract of `tests/clients/watermelondb/sync.js`.

It does what the real package does (`tests/clients/` holds that), a thousand times as fast.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

Row = dict[str, Any]
Changes = dict[str, dict[str, list[Any]]]

NEW_HABIT: Row = {
    **dict.fromkeys(("question", "notes", "category", "color", "unit"), ""),
    **dict.fromkeys(("freq_num", "freq_den"), 1),
    **dict.fromkeys(("weekdays", "reminder_weekdays"), 127),
    **dict.fromkeys(("target_value", "position"), 0),
    "kind": "yes_no",
    "target_type": "at_least",
    "reminder_time": None,
    "archived": False,
}
NEW_COMPLETION: Row = {"value": None, "skipped": False, "note": "", "recorded_at": None, "zone": "UTC"}
COLUMNS = {
    "habits": {"id", "name", "created_at", "updated_at", *NEW_HABIT},
    "completions": {"id", "habit_id", "date", "device", "updated_at", *NEW_COMPLETION},
}


@dataclass
class Edit:
    """What a person did: the row as it then was, marked with what this edit changed."""

    table: str
    row: Row
    stamp: int


class ConnectionLost(Exception):
    """The request, or its answer, did not arrive."""


class Line(Protocol):
    """A phone's way to the server; raises `ConnectionLost`."""

    def push(self, changes: Changes, *, cursor: int | None, key: str) -> dict[str, Any]:
        """Give the answer to a push."""

    def pull(self, *, cursor: int | None) -> dict[str, Any]:
        """Give the answer to a pull."""


class SimulatedPhone:
    """One device: rows with WatermelonDB's `_status` and `_changed`, a clock of its own and a line to the server."""

    def __init__(self, device: str, line: Line, clock: Callable[[], int], *, push_first: bool = True) -> None:
        self.device, self.line, self.clock, self.push_first = device, line, clock, push_first
        self.tables: dict[str, dict[str, Row]] = {"habits": {}, "completions": {}}
        self.deleted: dict[str, set[str]] = {"habits": set(), "completions": set()}
        self.cursor: int | None = None
        self.edits: list[Edit] = []
        self.discarded: set[str] = set()
        """What a person deleted before it was synced: only the id of a deleted row is pushed, not its last edits."""

    # --- What a person does --------------------------------------------------------------------------------------

    def create_habit(self, identifier: str, **values: Any) -> None:
        """Make a habit."""
        self._create("habits", identifier, {**NEW_HABIT, "created_at": self.clock(), **values})

    def edit_habit(self, identifier: str, **values: Any) -> None:
        """Change columns of a habit."""
        self._update(self.tables["habits"][identifier], values, "habits")

    def delete_habit(self, identifier: str) -> None:
        """Delete a habit. Its days stay until the next pull; those of a habit that was never synced go with it."""
        row = self.tables["habits"].pop(identifier)
        self.deleted["habits"].add(identifier)
        self.discarded.add(identifier)
        if row["_status"] == "created":
            days = self.tables["completions"]
            gone = {name for name, day in days.items() if day["habit_id"] == identifier and day["_status"] == "created"}
            self.discarded |= gone
            self.tables["completions"] = {name: day for name, day in days.items() if name not in gone}

    def record(self, habit: str, day: str, **values: Any) -> None:
        """Record a day of a habit in its one cell, or in this phone's where the habit is counted."""
        counted = self.tables["habits"][habit]["kind"] == "counted"
        cell = str(uuid.uuid5(uuid.UUID(habit), f"{day}/{self.device}" if counted else day))
        values = {"recorded_at": self.clock(), "device": self.device if counted else "", **values}
        if cell in self.tables["completions"]:
            self._update(self.tables["completions"][cell], values, "completions")
        else:
            self._create("completions", cell, {**NEW_COMPLETION, "habit_id": habit, "date": day, **values})

    def _create(self, table: str, identifier: str, values: Row) -> None:
        row = {"id": identifier, "_status": "created", "_changed": "", **values, "updated_at": self.clock()}
        self.tables[table][identifier] = row
        self.edits.append(Edit(table, dict(row), row["updated_at"]))

    def _update(self, row: Row, values: Row, table: str) -> None:
        stamped = {**values, "updated_at": max(self.clock(), row["updated_at"] + 1)}
        changed = {name for name, value in stamped.items() if row[name] != value}
        row |= stamped
        row["_changed"] = ",".join(sorted({*filter(None, row["_changed"].split(",")), *changed}))
        row["_status"] = "created" if row["_status"] == "created" else "updated"
        edited = {**row, "_status": "updated", "_changed": ",".join(sorted(changed))}
        self.edits.append(Edit(table, edited, row["updated_at"]))

    # --- Sync ----------------------------------------------------------------------------------------------------

    def sync(self) -> None:
        """Push, pull and push; once more where the line broke. Raises `ConnectionLost` where that broke too.

        Without `push_first`, pull and push, as WatermelonDB does by itself.
        """
        try:
            self._sync_once()
        except ConnectionLost:
            self._sync_once()

    def unsynced(self) -> bool:
        """Tell whether there is something to push."""
        return any(lists for table in self._changes().values() for lists in table.values())

    def rows(self) -> dict[str, dict[str, Row]]:
        """Give what the phone shows, without the marks of what it has to push."""
        return {
            table: {identifier: known_columns(table, row) for identifier, row in sorted(rows.items())}
            for table, rows in self.tables.items()
        }

    def _sync_once(self) -> None:
        if self.push_first and self.cursor is not None:
            self._push()
        answer = self.line.pull(cursor=self.cursor)
        replace = answer.get("experimentalStrategy") == "replacement"
        for table, lists in answer["changes"].items():
            self._apply(table, lists, replace=replace)
        self.cursor = answer["timestamp"]
        self._push()

    def _push(self) -> None:
        changes = self._changes()
        if not any(lists for table in changes.values() for lists in table.values()):
            return
        answer = self.line.push(changes, cursor=self.cursor, key=str(uuid.uuid4()))
        for table, lists in changes.items():
            rejected = answer.get("experimentalRejectedIds", {}).get(table, [])
            for row in lists["created"] + lists["updated"]:
                if row["id"] not in rejected:
                    self.tables[table][row["id"]] |= {"_status": "synced", "_changed": ""}
            self.deleted[table] -= set(lists["deleted"]) - set(rejected)

    def _changes(self) -> Changes:
        return {
            table: {
                "created": [dict(row) for row in rows.values() if row["_status"] == "created"],
                "updated": [dict(row) for row in rows.values() if row["_status"] == "updated"],
                "deleted": sorted(self.deleted[table]),
            }
            for table, rows in self.tables.items()
        }

    def _apply(self, table: str, lists: dict[str, list[Any]], *, replace: bool) -> None:
        rows = self.tables[table]
        pulled = {row["id"]: known_columns(table, row) for row in lists["created"] + lists["updated"]}
        gone = set(lists["deleted"])
        if replace:
            gone |= {name for name, row in rows.items() if name not in pulled and row["_status"] != "created"}
        for identifier in gone:
            rows.pop(identifier, None)
        self.deleted[table] -= gone
        for identifier, remote in pulled.items():
            if identifier in rows:
                rows[identifier] = _resolved(rows[identifier], remote)
            elif identifier not in self.deleted[table]:
                rows[identifier] = {**remote, "_status": "synced", "_changed": ""}


def _resolved(local: Row, remote: Row) -> Row:
    """Merge as WatermelonDB does, columns changed here win, with the contract's conflict resolver."""
    if local["_status"] == "created" and local["updated_at"] > remote["updated_at"]:
        return local
    here = {name: local[name] for name in filter(None, local["_changed"].split(","))}
    return {**local, **remote, **here, "_status": local["_status"], "_changed": local["_changed"]}


def known_columns(table: str, row: Row) -> Row:
    """Give the columns of the phone's schema, without the marks of what it has to push."""
    return {name: value for name, value in row.items() if name in COLUMNS[table]}
