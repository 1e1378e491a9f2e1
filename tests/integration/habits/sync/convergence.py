"""Random runs of a person with several phones over a bad network, and what must hold when all is quiet again.

`Run` plays one run, by its seed. What it checks at the end (`Run.check`):

* all phones show the same, and what a new phone would pull;
* no edit was lost: each was delivered by the phone that made it, unless a later one of that phone took its place;
* the rows are what the specification, `habits.domain.merge`, makes of all that was delivered, in whatever order.
"""

from __future__ import annotations

import random
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import reduce
from typing import Any, Protocol

from habits.domain.merge import Place, Register, State, merge
from tests.integration.habits.sync.simulated_phone import Changes, ConnectionLost, Row, SimulatedPhone

YEAR = 365 * 86_400_000
"""Milliseconds."""
LEEWAY = 60_000
"""Milliseconds by which a stamp may be ahead of the server's clock."""
DAYS = [(date(2026, 2, 26) + timedelta(days=number)).isoformat() for number in range(3)]
KINDS = ("yes_no", "measured", "counted")
FAULTS = ("lost", "unanswered", "doubled", "late")
FAULT_RATE = 0.35

Map = Callable[[Callable[[SimulatedPhone], bool], Iterable[SimulatedPhone]], Iterable[bool]]

REGISTERS = {
    "habits": {
        **{name: (name,) for name in ("name", "notes", "color", "kind", "position", "archived")},
        "frequency": ("freq_num", "freq_den"),
    },
    "completions": {"value": ("value", "skipped"), "note": ("note",)},
}
"""What is merged as one: the columns of each table that the runs edit."""
TAP = {"recorded_at", "zone"}
"""Columns of a completion which tell that its value was recorded, although it may be what it was before."""


class Server(Protocol):
    """What answers the phones: the product, in this process or over HTTP. Raises `ConnectionLost` where it is gone."""

    def push(self, changes: Changes, *, device: str, cursor: int | None, key: str) -> dict[str, Any]:
        """Give the answer to a push."""

    def pull(self, *, device: str, cursor: int | None) -> dict[str, Any]:
        """Give the answer to a pull."""

    def accepted(self, key: str) -> Accepted | None:
        """Tell when a push was accepted, if it was, and which of its rows were refused."""

    def now(self) -> int:
        """Give the time in milliseconds by which phones with a right clock go."""


@dataclass(frozen=True)
class Accepted:
    """What the server made of a push before it was merged."""

    received: int
    """Milliseconds since 1970."""
    refused: frozenset[tuple[str, str]]
    """Tables and ids."""


@dataclass
class Attempt:
    """A push that a phone sent, whether or not it arrived."""

    device: str
    changes: Changes
    key: str


@dataclass
class Delivery:
    """A push that the server accepted."""

    device: str
    changes: Changes
    accepted: Accepted

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Give the rows that were not refused, with their tables."""
        for table, lists in self.changes.items():
            for row in _rows(lists):
                if (table, row["id"]) not in self.accepted.refused:
                    yield table, row

    def state(self) -> State:
        """Give what the push says, as the specification takes it."""
        said: dict[Place, Register] = {}
        received = self.accepted.received
        for table, row in self.rows():
            stamp = row["updated_at"] if row["updated_at"] <= received + LEEWAY else received
            for name in registers_written(table, row):
                said[table, row["id"], name] = Register(stamp, self.device, register_of(table, row, name))
        for identifier in self.changes["habits"]["deleted"]:
            said["habits", identifier, "deleted"] = Register(received, self.device, True)
        return said


def registers_written(table: str, row: Row) -> set[str]:
    """Give the names of what a pushed row sets: everything if it is new, else what its phone changed."""
    columns = set(row) if row["_status"] == "created" else set(row["_changed"].split(","))
    if table == "completions" and columns & TAP:
        columns.add("value")
    return {name for name, parts in REGISTERS[table].items() if columns & {*parts}}


def register_of(table: str, row: Row, name: str) -> Any:
    """Give a register's value in a row; a skipped day has no value, although two phones may have made it so."""
    row = {**row, "value": None} if row.get("skipped") else row
    values = tuple(row[column] for column in REGISTERS[table][name])
    return values if len(values) > 1 else values[0]


@dataclass
class BadNetwork:
    """A line between one phone and the server that fails at random, until `calm`."""

    device: str
    server: Server
    dice: random.Random
    attempts: list[Attempt]
    calm: bool = False
    late: list[Callable[[], Any]] = field(default_factory=list)

    def push(self, changes: Changes, *, cursor: int | None, key: str) -> dict[str, Any]:
        """Give the answer to a push, unless it or the request is lost."""

        def send() -> dict[str, Any]:
            return self.server.push(changes, device=self.device, cursor=cursor, key=key)

        fault = self._fault()
        self.attempts.append(Attempt(self.device, changes, key))
        answer = send()
        if fault == "doubled":
            answer = send()
        if fault == "late":
            self.late.append(send)
        if fault == "unanswered":
            raise ConnectionLost
        return answer

    def pull(self, *, cursor: int | None) -> dict[str, Any]:
        """Give the answer to a pull, unless it or the request is lost."""
        fault = self._fault()
        answer = self.server.pull(device=self.device, cursor=cursor)
        if fault == "unanswered":
            raise ConnectionLost
        return answer

    def deliver_late(self) -> None:
        """Let the copies arrive that were under way."""
        while self.late:
            with suppress(ConnectionLost):
                self.late.pop()()

    def _fault(self) -> str | None:
        if self.calm or self.dice.random() > FAULT_RATE:
            return None
        fault = self.dice.choice(FAULTS)
        if fault == "lost":
            raise ConnectionLost
        return fault


class Run:
    """One person with two to five phones, some of whose clocks are wrong, for some dozens of actions.

    With `stock` the phones pull first, as WatermelonDB does by itself, and nobody deletes: that would destroy edits.
    """

    def __init__(self, seed: int, server: Server, *, actions: int = 60, stock: bool = False) -> None:
        self.dice, self.server, self.actions, self.stock = random.Random(seed), server, actions, stock  # noqa: S311
        self.attempts: list[Attempt] = []
        self.networks: list[BadNetwork] = []
        self.phones: list[SimulatedPhone] = []
        for number in range(self.dice.randint(2, 5)):
            network = BadNetwork(f"phone-{number}", server, self.dice, self.attempts)
            offset = self.dice.choice((0, 0, 0, YEAR, -YEAR, None))
            self.networks.append(network)
            clock = _wrong(server.now, offset)
            self.phones.append(SimulatedPhone(network.device, network, clock, push_first=not stock))

    def play(self, *, between: Callable[[], None] = lambda: None, at_once: Map = map) -> None:
        """Do it all, calling `between` after each action, and let everything settle.

        `at_once` is how some phones sync together: one after the other, or each in a thread.
        """
        for _ in range(self.actions):
            self._act(self.dice.choice(self.phones))
            if self.dice.random() < 0.25:
                list(at_once(self._sync, self.dice.sample(self.phones, self.dice.choice((1, 1, 2)))))
            if self.dice.random() < 0.1:
                self.dice.choice(self.networks).deliver_late()
            between()
        self.settle()

    def _act(self, phone: SimulatedPhone) -> None:
        habits = list(phone.tables["habits"])
        if not habits or self.dice.random() < 0.04:
            kind = self.dice.choice(KINDS)
            identifier = str(uuid.UUID(int=self.dice.getrandbits(128), version=4))
            return phone.create_habit(identifier, name=f"Habit of {phone.device}", kind=kind)
        habit = self.dice.choice(habits)
        chance = self.dice.random()
        if chance < 0.7:
            return phone.record(habit, self.dice.choice(DAYS), **self._recorded(phone.tables["habits"][habit]["kind"]))
        if chance < 0.74 and not self.stock:
            return phone.delete_habit(habit)
        return phone.edit_habit(habit, **self._edited())

    def _recorded(self, kind: str) -> Row:
        if self.dice.random() < 0.1:
            return {"value": None, "skipped": True}
        values = {"yes_no": (0, 1), "measured": (0, 0.5, 2, 5.25), "counted": (0, 1, 2, 3)}
        record: Row = {"value": self.dice.choice(values[kind]), "skipped": False}
        return record if self.dice.random() < 0.8 else {**record, "note": f"note {self.dice.randrange(3)}"}

    def _edited(self) -> Row:
        number = self.dice.randrange(3)  # few, so that phones often choose the same
        return self.dice.choice(
            (
                {"name": f"Name {number}"},
                {"archived": number % 2 == 0},
                {"freq_num": number + 1, "freq_den": 10},
                {"position": number / 2},
                {"notes": f"Notes {number}", "color": f"#00000{number}"},
            )
        )

    def _sync(self, phone: SimulatedPhone) -> bool:
        """Let a phone sync; tell whether it could. If not, its person tries again another time."""
        try:
            phone.sync()
        except ConnectionLost:
            return False
        return True

    def settle(self) -> None:
        """Let the network be good, and all phones sync until they know everything, however often the server dies."""
        for network in self.networks:
            network.deliver_late()
            network.calm = True
        for phone in self.phones * 3:
            while not self._sync(phone):
                pass

    # --- What must hold ------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Raise `AssertionError` where a promise is broken."""
        found = [(attempt, self.server.accepted(attempt.key)) for attempt in self.attempts]
        deliveries = [Delivery(sent.device, sent.changes, accepted) for sent, accepted in found if accepted]
        self._check_that_all_show_the_same()
        self._check_that_no_edit_is_lost(deliveries)
        self._check_against_the_specification(self.dice.sample(deliveries, len(deliveries)))

    def _check_that_all_show_the_same(self) -> None:
        network = BadNetwork("new", self.server, self.dice, self.attempts, calm=True)
        newcomer = SimulatedPhone(network.device, network, self.server.now)
        while not self._sync(newcomer):
            pass
        for phone in self.phones:
            assert not phone.unsynced(), f"{phone.device} has something to push"
            assert not (found := list(differences(phone.rows(), newcomer.rows()))), f"{phone.device} differs: {found}"

    def _check_that_no_edit_is_lost(self, deliveries: Sequence[Delivery]) -> None:
        pushed: dict[tuple[str, str, str], list[tuple[int, set[str]]]] = defaultdict(list)
        for delivery in deliveries:
            for table, row in delivery.rows():
                there = row["updated_at"], registers_written(table, row)
                pushed[delivery.device, table, row["id"]].append(there)
        for phone in self.phones:
            for edit in phone.edits:
                there = pushed[phone.device, edit.table, edit.row["id"]]
                said = set().union(*(names for stamp, names in there if stamp >= edit.stamp))
                lost = registers_written(edit.table, edit.row) - said
                assert not lost or edit.row["id"] in phone.discarded, f"{phone.device} lost {lost} of {edit}"

    def _check_against_the_specification(self, deliveries: Sequence[Delivery]) -> None:
        specified = reduce(merge, (delivery.state() for delivery in deliveries), {})
        gone = {row for (_, row, name), register in specified.items() if name == "deleted" and register.value}
        habit_of = {row["id"]: row["habit_id"] for one in deliveries for row in _rows(one.changes["completions"])}
        rows = self.phones[0].rows()
        expected = {
            place: register.value
            for place, register in specified.items()
            if place[2] != "deleted" and place[1] not in gone and habit_of.get(place[1]) not in gone
        }
        shown = {
            (table, identifier, name): register_of(table, row, name)
            for table in rows
            for identifier, row in rows[table].items()
            for name in REGISTERS[table]
        }
        wrong = {
            place: (shown.get(place, "nothing"), expected.get(place, "nothing"))
            for place in shown.keys() | expected.keys()
            if shown.get(place, "nothing") != expected.get(place, "nothing")
        }
        assert not wrong, f"not as specified: {wrong}"


def differences(
    one: Mapping[str, Mapping[str, Row]], other: Mapping[str, Mapping[str, Row]]
) -> Iterator[tuple[Any, ...]]:
    """Give what two databases show differently: table, row, column and both values, or rows."""
    for table in one:
        for identifier in one[table].keys() | other[table].keys():
            here, there = one[table].get(identifier), other[table].get(identifier)
            if here is None or there is None:
                yield table, identifier, "id", here, there
            else:
                yield from (
                    (table, identifier, name, here[name], there[name]) for name in here if here[name] != there[name]
                )


def _rows(lists: Mapping[str, list[Any]]) -> list[Row]:
    return lists["created"] + lists["updated"]


def _wrong(clock: Callable[[], int], offset: int | None) -> Callable[[], int]:
    """Give a clock that is ahead or behind; None: one that stands in 1970."""
    return (lambda: 86_400_000) if offset is None else (lambda: clock() + offset)
