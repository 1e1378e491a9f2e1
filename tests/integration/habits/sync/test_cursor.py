"""The cursor under writers that commit in any order: a phone that pulls meanwhile gets every row, each once or more."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from threading import Event
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from habits import services
from habits.merging import HabitWrite, Merging
from habits.models import Completion, Habit, User
from tests.integration.habits.phones import NOW, Phone, changes, habit, names, tick
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS, TRANSACTIONS = 6, 10


def merge_slowly(user: User, writer: int, number: int, dice: random.Random) -> None:
    """Merge in a transaction that stays open for up to 20 ms, before and after it has its version."""
    write = HabitWrite(
        id=f"{writer}-{number}",
        ms=NOW,
        device=f"phone-{writer}",
        values={"name": "x"},
        edited=frozenset({"name"}),
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [dice.random() / 100])
        with Merging(user.pk) as session:
            session.merge([write])
        cursor.execute("SELECT pg_sleep(%s)", [dice.random() / 100])


def push(user: User, writer: int, number: int, dice: random.Random) -> None:
    """Push as a phone, which sometimes does not wait for its merge."""
    row = habit(f"{writer}-{number}")
    prefer = dice.choice(("wait=10", "wait=0", "respond-async"))
    response = Phone(user, f"phone-{writer}").send(changes(habits=[row], completions=[tick(row["id"])]), Prefer=prefer)
    assert response.status_code in (200, 202), response.content


def create(user: User, writer: int, number: int, dice: random.Random) -> None:
    """Make a habit over REST's service."""
    services.create_habit(user=user, client_id=f"{writer}-{number}", name="x")


WAYS: list[Callable[[User, int, int, random.Random], None]] = [merge_slowly, merge_slowly, push, push, create, create]


def test_a_phone_that_pulls_beside_six_writers_misses_no_row(user: User) -> None:
    ended = [Event() for _ in range(WRITERS)]

    def write(writer: int) -> None:
        dice = random.Random(writer)  # noqa: S311
        try:
            for number in range(TRANSACTIONS):
                WAYS[writer](user, writer, number, dice)
        finally:
            ended[writer].set()

    phone, pulled, cursors = Phone(user, "reader"), {}, []

    def read() -> None:
        over = False
        while not over:
            over = all(event.is_set() for event in ended)
            response = phone.fetch()
            if response.status_code == 503:
                over = False
                continue
            answer = response.json()
            phone.cursor = answer["timestamp"]
            cursors.append(phone.cursor)
            pulled.update(names(answer))

    at_once(read, *[lambda writer=writer: write(writer) for writer in range(WRITERS)])
    assert pulled.keys() == {f"{writer}-{number}" for writer in range(WRITERS) for number in range(TRANSACTIONS)}
    assert cursors == sorted(cursors)
    assert Habit.objects.count() == WRITERS * TRANSACTIONS
    assert Completion.objects.count() == WAYS.count(push) * TRANSACTIONS


def test_a_version_is_seen_only_after_all_earlier_ones(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("habits.sync.pulling.PULL_PATIENCE", timedelta(milliseconds=20))
    phone, other = Phone(user, "reader"), Phone(user, "phone-b")
    other.push(habits=[habit()])
    phone.pull()
    with transaction.atomic():
        with Merging(user.pk) as session:
            session.merge([HabitWrite(id="slow", ms=NOW, device="a", values={"name": "x"}, edited=frozenset({"name"}))])
        (beside,) = at_once(lambda: other.send(changes(habits=[habit("quick")]), Prefer="wait=0").status_code)
        (seen,) = at_once(lambda: phone.fetch())
        assert (beside, seen.status_code) == (202, 503)
    answer = phone.pull()
    assert sorted(names(answer)) == ["quick", "slow"]
    versions = dict(Habit.objects.values_list("client_id", "version"))
    assert versions["slow"] < versions["quick"]


def test_two_phones_that_tick_the_same_new_day_at_one_moment_make_one_day(user: User) -> None:
    Phone(user).push(habits=[habit()])

    def send(device: str, value: Any) -> Callable[[], int]:
        body = changes(completions=[tick(value=value, at=NOW + value)])
        return lambda: Phone(user, device).send(body, Idempotency_Key=str(uuid4())).status_code

    assert at_once(*[send(f"phone-{value}", value) for value in range(4)]) == [200] * 4
    assert Completion.objects.get().value == 3000
