"""WatermelonDB's own tool finds no difference between a phone and the server after all kinds of edits."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import date, timedelta

import pytest

from tests.clients.phone import NewPhone, Offline, Phone, both_sync
from tests.thoroughness import draws

DAYS = [(date(2026, 3, 1) + timedelta(days=number)).isoformat() for number in range(4)]
FAULTS = ("lost", "cut", "unanswered", "doubled")


@pytest.mark.parametrize("seed", range(draws(8)))
def test_the_package_itself_finds_no_difference_after_a_random_week(seed: int, new_phone: NewPhone) -> None:
    dice = random.Random(seed)  # noqa: S311
    phones = [new_phone() for _ in range(3)]
    phones[1]("clock", offset=-365 * 86_400_000)
    phones[2]("clock", offset=365 * 86_400_000)
    habits = [phones[0]("create_habit", name=kind, kind=kind) for kind in ("yes_no", "measured", "counted")]
    both_sync(phones[0], phones[1])
    both_sync(phones[0], phones[2])

    for _ in range(60):
        act(dice, dice.choice(phones), dice.choice(habits))
    for phone in phones * 2:
        phone.sync()

    reports = [phone("diagnose") for phone in phones]
    assert [report["issueCount"] for report in reports] == [0, 0, 0], reports
    assert phones[0].rows() == phones[1].rows() == phones[2].rows()


def act(dice: random.Random, phone: Phone, habit: str) -> None:
    chance = dice.random()
    if chance < 0.5:
        phone("tick", habit=habit, date=dice.choice(DAYS), value=dice.choice((0, 1)))
    elif chance < 0.6:
        phone("tick", habit=habit, date=dice.choice(DAYS), value=None, skipped=True, note="rest")
    elif chance < 0.75:
        phone("edit", table="habits", id=habit, **dice.choice(({"name": "Run"}, {"archived": True}, {"position": 3})))
    else:
        with suppress(Offline):
            phone.sync(push=dice.choices(FAULTS, k=3), pull=dice.choices(FAULTS, k=2))
